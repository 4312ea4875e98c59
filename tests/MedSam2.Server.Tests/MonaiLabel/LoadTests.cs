using System.Text.Json;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>Much at once.</summary>
public sealed class LoadTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_of_500_MB_streams_to_disk_in_little_memory()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("What a process holds at most is told by Linux.");
        const int Columns = 512, Slices = 954;
        const long Allowed = 128 << 20;
        using var data = new TemporaryFolder();
        using var served = new TemporaryFolder();
        await using var file = File.Create(data.File("large.nii"));
        TestVolumes.WriteSparse(file, Columns, Slices);
        Assert.True(file.Length >= 500_000_000);
        using var server = await KilledServer.StartAsync(data.Path, served.Path);
        var root = new Uri(server.Client.BaseAddress!, "/");
        // What the first request costs once is no part of it.
        await new PlainClient(root).MultipartAsync("PUT", "/datastore/?image=small", [], ("file", "x.nii.gz", TestVolumes.Series()));
        var before = server.PeakMemory;

        using var form = new MultipartFormDataContent { { new StreamContent(file), "file", "large.nii" }, { new StringContent("{}"), "params" } };
        server.Client.Timeout = TimeSpan.FromMinutes(10);
        using var answer = await server.Client.PutAsync(new Uri(root, "datastore/?image=large"), form, Stop);
        Assert.Equal("""{"image":"large"}""", await answer.Content.ReadAsStringAsync(Stop));

        Assert.InRange(server.PeakMemory - before, 0, Allowed);
    }

    [Fact]
    public async Task Fifty_requests_at_once_on_different_images_are_all_answered_rightly()
    {
        const int Images = 50;
        await using var server = new RunningServer();
        await server.StartAsync("--MedSam2:Inference:VolumeCacheMegabytes=1", "--MedSam2:Inference:WarmSessions=2");
        server.Http.Timeout = TimeSpan.FromMinutes(10);
        var client = new PlainClient(server.Address);
        // Each image is shifted by a column of its own, so that a mask of another one would show.
        for (var n = 0; n < Images; n++)
            Assert.Equal(200, (await client.MultipartAsync("PUT", $"/datastore/?image=v{n}", [], ("file", "x.nii.gz", TestVolumes.Shifted(n)))).Status);

        var masks = await Task.WhenAll(Enumerable.Range(0, Images).Select(async n =>
        {
            using var form = new MultipartFormDataContent { { new StringContent(JsonSerializer.Serialize(new { roi = Box(n), result_extension = ".nrrd" })), "params" } };
            using var answer = await server.Http.PostAsync($"infer/medsam2_2d?image=v{n}", form, Stop);
            return (await RunningServer.ReadAsync(answer)).Mask;
        }));

        for (var n = 0; n < Images; n++)
        {
            var box = Box(n);
            var inside = 0;
            for (var j = 0; j < TestSeries.Rows; j++)
            {
                for (var i = 0; i < TestSeries.Columns; i++)
                    inside += masks[n][i, j, TestSeries.MiddleSlice] != 0 && i >= box[0] - 1 && i <= box[1] + 1 ? 1 : 0;
            }

            Assert.True(inside > 0.95 * masks[n].Count(1) && inside > 200, $"v{n}: {inside} of {masks[n].Count(1)} voxels lie at its block.");
        }

        // What they left behind is bounded: the next ones are answered as before.
        using var again = await server.Http.GetAsync("info/", Stop);
        Assert.True(again.IsSuccessStatusCode);
    }

    /// <summary>
    /// One at a time, a request has its volume in hand and the cache keeps the last one. At once, fifty may hold no more than that and the
    /// two that are read: the device serves one of them, so the others wait without theirs. What the collector has not looked at yet
    /// comes on top, which the limit of the heap bounds: it has no room for half of the volumes.
    /// </summary>
    [Fact]
    public async Task Fifty_requests_at_once_on_different_images_take_hardly_more_memory_than_one_by_one()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("What a process holds at most is told by Linux.");
        const int Images = 50, Columns = 512, Slices = 48;
        const long Volume = Columns * Columns * Slices * sizeof(short), Heap = 16 * Volume;
        using var data = new TemporaryFolder();
        using var served = new TemporaryFolder();
        using var server = await KilledServer.StartAsync(
            new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = Heap.ToString("x", System.Globalization.CultureInfo.InvariantCulture) },
            data.Path,
            served.Path,
            "--MedSam2:Inference:VolumeCacheMegabytes=1",
            "--MedSam2:Inference:VolumesInHandMegabytes=1",
            "--MedSam2:Inference:WarmSessions=1",
            "--MedSam2:Limits:Waiting=64");
        server.Client.Timeout = TimeSpan.FromMinutes(10);
        var root = new Uri(server.Client.BaseAddress!, "/");
        var file = Zeros(Columns, Slices);
        for (var n = 0; n < Images; n++)
            Assert.Equal(200, (await new PlainClient(root).MultipartAsync("PUT", $"/datastore/?image=v{n}", [], ("file", "x.nii.gz", file))).Status);

        for (var n = 0; n < Images; n++)
            await InferAsync(n);
        var oneByOne = server.PeakMemory;
        await Task.WhenAll(Enumerable.Range(0, Images).Select(InferAsync));

        Assert.InRange(server.PeakMemory - oneByOne, 0, 10 * Volume);

        async Task InferAsync(int n)
        {
            using var form = new MultipartFormDataContent { { new StringContent("""{"roi":[100,200,120,260,20,20],"result_extension":".nrrd"}"""), "params" } };
            using var answer = await server.Client.PostAsync(new Uri(root, $"infer/medsam2_2d?image=v{n}&output=json"), form, Stop);
            Assert.True(answer.IsSuccessStatusCode, $"v{n}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Stop)}");
        }
    }

    /// <summary>A volume that is small on the way and large in memory.</summary>
    private static byte[] Zeros(int columns, int slices)
    {
        var grid = new VolumeGeometry(columns, columns, slices, Affine.Identity);
        using var file = new MemoryStream();
        NiftiFile.Write(file, new Volume(grid, new Int16Voxels(new short[grid.VoxelCount])), compress: true, Stop);
        return file.ToArray();
    }

    private static int[] Box(int n) => [60 - n, 83 - n, 10, 25, TestSeries.MiddleSlice, TestSeries.MiddleSlice];
}
