using System.Globalization;
using System.Text;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>Jobs of a server that is killed in the middle and started again.</summary>
public sealed class KilledJobTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_training_goes_on_from_its_checkpoint_and_is_done_once()
    {
        const int images = 4;
        var (id, steps, at) = ("", 30, 0);
        // On an odd machine it may be over before anybody sees its first checkpoint: then a longer one.
        for (var attempt = 0; at == 0; attempt++)
        {
            Assert.True(attempt < 5, "Every training ended before it could be killed.");
            steps *= 2;
            using var server = await ToyServer.StartAsync(folder);
            if (attempt == 0)
                await LabelledFiles.UploadAsync(server.Client, images);
            else
                await server.EndAsync("/train/"); // the one before goes on by itself
            id = await server.StartJobAsync("/train/medsam2", $$"""{"steps": {{steps}}, "val_split": 0, "promote": false}""");
            await Hubs.Waiting.ForAsync(() => NewestCheckpoint(id) > 0);
            server.Kill();
            at = NewestCheckpoint(id) is var newest && newest < steps ? newest : 0;
        }

        using var again = await ToyServer.StartAsync(folder);
        var ended = await again.EndAsync("/train/");

        Assert.True(ended["status"]!.GetValue<string>() == "DONE", ended.ToJsonString());
        Assert.Equal(id, ended["id"]!.GetValue<string>());
        Assert.Contains(ended["details"]!.AsArray(), line => line!.GetValue<string>().EndsWith("Started again after the server went down.", StringComparison.Ordinal));
        Assert.Equal((steps, steps / images, steps / images), (ended["metrics"]!["step"]!.GetValue<int>(), ended["done"]!.GetValue<int>(), ended["total"]!.GetValue<int>()));
        // The new process did what was left and no more.
        Assert.Equal(steps - at, await again.MetricAsync("medsam2_training_steps_total"));
        Assert.Equal(Enumerable.Range(0, steps), await StepsAsync(again, $"/train/curves?output=csv&id={id}"));

        var versions = (await again.Client.GetAsync("/model/versions/medsam2")).Json!;
        Assert.Equal(0, versions["served"]!.GetValue<int>());
        var number = versions["versions"]!.AsArray()[^1]!["number"]!.GetValue<int>();
        Assert.Equal(number, ended["result"]!["version"]!.GetValue<int>());
        Assert.Single(versions["versions"]!.AsArray(), version => version!["steps"]!.GetValue<int>() == steps);
        Assert.Equal(Enumerable.Range(0, steps), await StepsAsync(again, $"/model/curves/medsam2?output=csv&version={number}"));
        Assert.Equal("image/png", (await again.Client.GetAsync($"/model/curves/medsam2?version={number}")).Header("Content-Type"));
        Assert.Equal(404, (await again.Client.GetAsync("/model/curves/medsam2?version=0")).Status);
        Assert.Equal(404, (await again.Client.GetAsync("/model/curves/medsam2?version=99")).Status);
        Assert.Equal(422, (await again.Client.GetAsync("/model/curves/medsam2?version=first")).Status);
    }

    [Fact]
    public async Task A_scoring_goes_on_with_the_images_that_are_left()
    {
        var (id, images) = ("", 8);
        var before = new Dictionary<string, DateTime>();
        for (var attempt = 0; before.Count == 0; attempt++)
        {
            Assert.True(attempt < 3, "Every scoring ended before it could be killed.");
            images *= 2;
            using var server = await ToyServer.StartAsync(folder);
            await LabelledFiles.UploadAsync(server.Client, images, labelled: false);
            if (attempt > 0)
                await server.EndAsync("/scoring/"); // the one before goes on by itself
            if (Directory.Exists(folder.File("data", "cache", "scores")))
                Directory.Delete(folder.File("data", "cache", "scores"), recursive: true);
            id = await server.StartJobAsync("/scoring/uncertainty", "{}");
            await Hubs.Waiting.ForAsync(() => Scores().Count > 1);
            server.Kill();
            before = Scores() is var kept && kept.Count < images ? kept : [];
        }

        using var again = await ToyServer.StartAsync(folder);
        var ended = await again.EndAsync("/scoring/");

        Assert.True(ended["status"]!.GetValue<string>() == "DONE", ended.ToJsonString());
        Assert.Equal(id, ended["id"]!.GetValue<string>());
        Assert.Contains(ended["details"]!.AsArray(), line => line!.GetValue<string>().EndsWith("Started again after the server went down.", StringComparison.Ordinal));
        Assert.Equal((images, images), (ended["done"]!.GetValue<int>(), ended["total"]!.GetValue<int>()));
        Assert.Null(ended["failed"]);
        Assert.Equal(Enumerable.Range(0, images).Select(n => $"v{n}").Order(StringComparer.Ordinal), ended["result"]!.AsObject().Select(score => score.Key).Order(StringComparer.Ordinal));
        // What was scored is not scored again.
        var after = Scores();
        Assert.Equal(images, after.Count);
        Assert.All(before, score => Assert.Equal(score.Value, after[score.Key]));
    }

    private static async Task<IEnumerable<int>> StepsAsync(ToyServer server, string address)
    {
        var answer = await server.Client.GetAsync(address);
        Assert.Equal((200, "text/csv"), (answer.Status, answer.Header("Content-Type")));
        return [.. Encoding.UTF8.GetString(answer.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => int.Parse(line.Split(',')[0], CultureInfo.InvariantCulture))];
    }

    /// <summary>Steps that a training's newest checkpoint has behind it; 0 without one.</summary>
    private int NewestCheckpoint(string job)
    {
        var checkpoints = folder.File("data", "jobs", job, "run", "checkpoints");
        return !Directory.Exists(checkpoints) ? 0 : Directory.GetFiles(checkpoints, "step-*.safetensors")
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file)["step-".Length..], CultureInfo.InvariantCulture)).DefaultIfEmpty().Max();
    }

    /// <summary>The scores that are on disk, and when each was written.</summary>
    private Dictionary<string, DateTime> Scores() => !Directory.Exists(folder.File("data", "cache", "scores")) ? [] :
        Directory.GetFiles(folder.File("data", "cache", "scores"), "*.json", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc);
}
