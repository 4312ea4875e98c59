using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Batch;

/// <summary>A batch whose server is killed in the middle.</summary>
public sealed class BatchKillTests
{
    private const int Images = 8;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_goes_on_after_kill_9_and_does_no_image_twice()
    {
        using var data = new TemporaryFolder();
        using var served = new TemporaryFolder();
        Dictionary<string, DateTime> before;
        string id;
        using (var server = await KilledServer.StartAsync(data.Path, served.Path))
        {
            var root = new Uri(server.Client.BaseAddress!, "/");
            var client = new PlainClient(root);
            for (var n = 0; n < Images; n++)
                Assert.Equal(200, (await client.MultipartAsync("PUT", $"/datastore/?image=v{n}", [], ("file", "x.nii.gz", TestVolumes.Series()))).Status);
            using var started = await server.Client.PostAsJsonAsync(new Uri(root, "batch/infer/medsam2"), new { roi = TestSeries.Roi(4, 4), max_workers = 1 }, Stop);
            id = (await RunningServer.JsonAsync(started))["id"]!.GetValue<string>();
            while ((await TaskAsync(server, root))["done"]!.GetValue<int>() < 2)
                await Task.Delay(10, Stop);
            server.Kill();
            before = Labels(data.Path).ToDictionary(file => file.FullName, file => file.LastWriteTimeUtc);
        }

        Assert.InRange(before.Count, 2, Images - 1);
        using (var server = await KilledServer.StartAsync(data.Path, served.Path, "--MedSam2:Jobs:LeaseSeconds=2"))
        {
            var root = new Uri(server.Client.BaseAddress!, "/");
            JsonNode task;
            do
            {
                await Task.Delay(50, Stop);
                task = await TaskAsync(server, root);
            }
            while (task["status"]!.GetValue<string>() is "RUNNING" or "SUBMITTED");

            Assert.Equal(("DONE", id, Images), (task["status"]!.GetValue<string>(), task["id"]!.GetValue<string>(), task["done"]!.GetValue<int>()));
            Assert.Equal(Enumerable.Range(0, Images).Select(n => $"v{n}"), task["result"]!.AsObject().Select(pair => pair.Key));
            Assert.Contains(task["details"]!.AsArray(), line => line!.GetValue<string>().Contains("Started again", StringComparison.Ordinal));
        }

        // What was saved before the kill was left alone.
        Assert.Equal(Images, Labels(data.Path).Length);
        Assert.All(before, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
    }

    private static FileInfo[] Labels(string folder) => [.. new DirectoryInfo(folder).GetFiles("*.nii.gz", SearchOption.AllDirectories).Where(file => file.Directory!.Name == "original")];

    private static async Task<JsonNode> TaskAsync(KilledServer server, Uri root) => (await server.Client.GetFromJsonAsync<JsonNode>(new Uri(root, "batch/infer"), Stop))!;
}
