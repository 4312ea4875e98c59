using FellowOakDicom;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

public sealed class CrashTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Where the server is when it dies: still taking parts, putting them in place, or just done.</summary>
    [Theory]
    [InlineData("incoming", 20)]
    [InlineData("dicom", 1)]
    [InlineData("dicom", 60)]
    public async Task A_server_killed_while_storing_leaves_whole_instances_or_none(string folder, int files)
    {
        using var data = new TemporaryFolder();
        using var served = new TemporaryFolder();
        var options = new StudyStoreOptions { DataFolder = data.Path, ServedFolder = served.Path };
        using (await StudyStore.OpenAsync(options, Stop))
        {
            // Makes the folders, so that the test can watch them.
        }

        var root = Directory.GetDirectories(data.File("served")).Single();
        var series = SyntheticSeries.Stack(120);
        var bytes = series.ToDictionary(f => f.Dataset.GetString(DicomTag.SOPInstanceUID), DicomWebServer.Bytes);
        using (var server = await KilledServer.StartAsync(data.Path, served.Path))
        {
            var sending = SendAsync(server.Client, bytes.Values);
            while (Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories).Take(files).Count() < files && !sending.IsCompleted)
                await Task.Yield();
            server.Kill();
            await sending;
        }

        using var store = await StudyStore.OpenAsync(options, Stop);

        var onDisk = Directory.GetFiles(Path.Combine(root, "dicom"), "*", SearchOption.AllDirectories);
        Assert.All(onDisk, path => Assert.Equal(bytes[Path.GetFileNameWithoutExtension(path)], File.ReadAllBytes(path)));
        var found = (await store.QueryAsync(new StudyQuery(QueryLevel.Instance), Stop)).Matches;
        Assert.Equal(onDisk.Length, found.Count);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "incoming")));

        // What was lost can be sent again.
        await using var batch = store.BeginBatch();
        foreach (var file in bytes.Values)
            await batch.AddAsync(new MemoryStream(file), null, Stop);
        Assert.All(await batch.CommitAsync(Stop), outcome => Assert.True(outcome.IsStored, outcome.Message));
        Assert.Equal(120, (await store.QueryAsync(new StudyQuery(QueryLevel.Instance), Stop)).Matches.Count);
    }

    private static async Task SendAsync(HttpClient client, IEnumerable<byte[]> files)
    {
        try
        {
            using var response = await client.PostAsync("studies", DicomWebServer.Multipart(files), Stop);
            Assert.True(response.IsSuccessStatusCode);
        }
        catch (HttpRequestException)
        {
            // The server died in the middle, as it should.
        }
    }
}
