using System.Diagnostics;
using System.Net;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Tests.StartUp;
using MedSam2.Studies.Writing;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Archive;

/// <summary>The server in a process that may write no file beyond a size: to it the disk is full, and it needs no rights to test that.</summary>
public sealed class FullDiskTests
{
    private const int KilobytesOfAFile = 300;

    private static readonly CtSeriesDescription Large = new("full disk", "LARGE^SLICE", "LARGE");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_series_that_does_not_fit_on_this_disk_is_told_and_the_server_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell with ulimit.");
        await using var orthanc = await OrthancArchive.StartAsync();
        var geometry = new VolumeGeometry(512, 512, 2, Affine.Identity);
        await orthanc.AddAsync(CtSeriesWriter.Write(new Volume(geometry, new Int16Voxels(new short[geometry.VoxelCount]), "CT"), Large).Select(ArchiveServer.Bytes));
        using var data = new TemporaryFolder();
        using var server = Start(orthanc, data.Path);
        try
        {
            using var http = new HttpClient { BaseAddress = await AddressAsync(server) };

            using var full = await http.PostAsync($"infer/medsam2?image={Large.SeriesInstanceUid}", null, Stop);
            Assert.Equal(HttpStatusCode.InsufficientStorage, full.StatusCode);
            Assert.Contains("could not be written to this disk", await full.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(data.Path, "archive-cache", "incoming")));

            using var series = await http.GetAsync($"dicom-web/series?SeriesInstanceUID={Large.SeriesInstanceUid}", Stop);
            Assert.Equal(HttpStatusCode.OK, series.StatusCode);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Process Start(OrthancArchive orthanc, string data)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList =
            {
                "-c", $"trap '' XFSZ; ulimit -f {KilobytesOfAFile}; exec \"$0\" \"$@\"", ServerExecutable.Path,
                "--archive", orthanc.Url, "--data", data, "--urls", "http://127.0.0.1:0",
            },
            RedirectStandardOutput = true,
        };
        start.Environment["MedSam2__Archive__UserName"] = OrthancArchive.UserName;
        start.Environment["MedSam2__Archive__Password"] = OrthancArchive.Password;
        // .NET's own executable memory counts as a large file otherwise.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start)!;
    }

    private static async Task<Uri> AddressAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync(Stop) is { } line)
        {
            if (line.Split("DICOMweb: ") is [_, var rest])
                return new Uri(rest.Split("dicom-web")[0]);
        }

        throw new InvalidOperationException("The server did not start.");
    }
}
