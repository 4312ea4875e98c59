using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Models.Versions;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>Training through the public API, with the toy network, which takes no time.</summary>
public sealed class TrainJobTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly RunningServer server = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        LabelledVolumes.SaveToy(folder.File("toy"));
        await server.StartAsync($"--MedSam2:Model={folder.File("toy")}", "--MedSam2:Jobs:LeaseSeconds=2");
        await LabelledFiles.UploadAsync(Client, 4);
    }

    private PlainClient Client => new(server.Address);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_training_learns_from_the_approved_labels_and_gives_a_version_that_can_be_served_and_taken_back()
    {
        var info = (await Client.GetAsync("/info/")).Json!;
        Assert.Equal(50, info["trainers"]!["medsam2"]!["config"]!["max_epochs"]!.GetValue<int>());
        var weights = (await Client.GetAsync("/model/info/medsam2")).Json!["checksum"]!.GetValue<string>();

        var started = await Client.JsonAsync("POST", "/train/medsam2", """{"steps": 3, "val_split": 0.3, "learning_rate": "0.001", "promote": false}""");
        Assert.Equal(200, started.Status);
        var ended = await EndAsync();

        Assert.True(ended["status"]!.GetValue<string>() == "DONE", ended.ToJsonString());
        var result = ended["result"]!;
        Assert.Equal((1, false), (result["version"]!.GetValue<int>(), result["served"]!.GetValue<bool>()));
        Assert.Equal(4, result["training_images"]!.GetValue<int>() + result["validation_images"]!.GetValue<int>());
        Assert.Equal(2 * result["validation_images"]!.GetValue<int>(), result["score"]!["structures"]!.GetValue<int>());
        Assert.Equal(3, ended["metrics"]!["step"]!.GetValue<double>());
        Assert.Contains(ended["details"]!.AsArray(), line => line!.GetValue<string>().Contains("Version 1: Dice", StringComparison.Ordinal));
        var statistics = (await Client.GetAsync("/info/")).Json!["train_stats"]!["medsam2"]!;
        Assert.Equal(statistics["total_epochs"]!.GetValue<int>(), statistics["epoch"]!.GetValue<int>());
        Assert.True(statistics["train"]!["metrics"]!["loss"]!.GetValue<double>() > 0);
        var counted = Regex.Match(await server.Http.GetStringAsync("metrics", Stop), @"^medsam2_training_steps_total\S* (\d+)", RegexOptions.Multiline);
        Assert.True(int.Parse(counted.Groups[1].Value, CultureInfo.InvariantCulture) >= 3, counted.Value); // other tests' servers count in this process, too

        // What the command line decides, a running server follows, and is not disturbed by.
        Assert.Equal(weights, (await Client.GetAsync("/model/info/medsam2")).Json!["checksum"]!.GetValue<string>());
        await Verb("promote", "1", "--force");
        Assert.NotEqual(weights, await ChecksumOtherThanAsync(weights));
        Assert.Equal(200, (await Client.JsonAsync("POST", "/activelearning/first", "{}")).Status);
        await Verb("rollback");
        Assert.Equal(weights, await ChecksumUntilAsync(weights));
    }

    [Fact]
    public async Task A_new_version_is_compared_with_the_one_that_is_served_when_its_training_ends()
    {
        Assert.Equal(200, (await Client.JsonAsync("POST", "/train/medsam2", """{"steps": 3, "val_split": 0.3, "promote": false}""")).Status);
        Assert.Equal(1, (await EndAsync())["result"]!["version"]!.GetValue<int>());

        Assert.Equal(200, (await Client.JsonAsync("POST", "/train/medsam2", """{"steps": 12, "val_split": 0.3}""")).Status);
        await RunningAsync();
        new ModelVersions(new ServerOptions { Data = server.DataFolder, Model = folder.File("toy") }).Serve(1);
        var result = (await EndAsync())["result"]!;

        var trained = (await Client.GetAsync("/model/versions/medsam2")).Json!["versions"]!.AsArray()[^1]!;
        Assert.Equal((2, 0, 1), (trained["number"]!.GetValue<int>(), trained["trainedFrom"]!.GetValue<int>(), trained["against"]!.GetValue<int>()));
        Assert.Equal(1, result["compared_with"]!.GetValue<int>());
        Assert.True(JsonNode.DeepEquals(result["present_score"], trained["againstScore"]), result.ToJsonString());
    }

    [Fact]
    public async Task A_training_can_be_stopped_and_what_cannot_be_trained_is_told()
    {
        Assert.Equal(404, (await Client.JsonAsync("POST", "/train/none", "{}")).Status);
        Assert.Equal(200, (await Client.JsonAsync("POST", "/train/medsam2", """{"steps": 100000}""")).Status);
        await RunningAsync();

        // A click goes before training steps.
        Assert.Equal(200, (int)(await server.InferAsync(new { roi = TestSeries.Roi(4, 4) }, "medsam2_2d")).StatusCode);
        var stopped = await Client.DeleteAsync("/train/");
        Assert.Equal("STOPPED", stopped.Json!["status"]!.GetValue<string>());

        var refused = await Client.JsonAsync("POST", "/train/medsam2", """{"learning_rate": 7}""");
        Assert.Equal(400, refused.Status);
        Assert.Contains("'learning_rate' must be a number", refused.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await Client.JsonAsync("POST", "/train", """{"medsam2": {"steps": -1}}""")).Status);
        var unknown = await Client.JsonAsync("POST", "/train", """{"medsam3": {"steps": 1}}""");
        Assert.Equal(404, unknown.Status);
        Assert.Contains("'medsam3'", unknown.Text, StringComparison.Ordinal);
        Assert.Equal("STOPPED", (await EndAsync())["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Validation_images_that_say_nothing_do_not_take_what_was_learnt_with_them()
    {
        const double Share = 0.3;
        var split = PatientSplit.Of([.. Enumerable.Range(0, 4).Select(n => new EvaluationCaseSource($"v{n}", _ => LabelledVolumes.Create(n)))], Share, new FineTuneOptions().SplitSeed);
        foreach (var image in split.Validation)
        {
            using var label = new MemoryStream();
            NiftiFile.Write(label, new LabelMap(image.Read(Stop).Volume.Geometry), compress: true, cancellation: Stop);
            Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/label?image={image.Name}", [], ("label", "x.nii.gz", label.ToArray()))).Status);
        }

        Assert.Equal(200, (await Client.JsonAsync("POST", "/train/medsam2", """{"steps": 2, "val_split": 0.3, "stepz": 4}""")).Status);
        var ended = await EndAsync();

        Assert.True(ended["status"]!.GetValue<string>() == "DONE", ended.ToJsonString());
        Assert.Equal((1, false), (ended["result"]!["version"]!.GetValue<int>(), ended["result"]!["served"]!.GetValue<bool>()));
        Assert.Null(ended["result"]!["score"]);
        string[] log = [.. ended["details"]!.AsArray().Select(line => line!.GetValue<string>())];
        Assert.Contains(log, line => line.Contains($"The validation images ({string.Join(", ", split.Validation.Select(image => image.Name))}) say nothing", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("'stepz' is no parameter of training", StringComparison.Ordinal));
        Assert.Empty(Directory.GetDirectories(server.DataFolder, "checkpoints", SearchOption.AllDirectories));
    }

    /// <summary>Waits until a training has done a step.</summary>
    private async Task RunningAsync()
    {
        JsonNode running;
        do
        {
            await Task.Delay(50, Stop);
            running = (await Client.GetAsync("/train/?check_if_running=true")).Json!;
        }
        while (running["metrics"]?["step"]?.GetValue<double>() is not > 0);
    }

    private async Task<JsonNode> EndAsync()
    {
        while (true)
        {
            var task = (await Client.GetAsync("/train/")).Json!;
            if (task["status"]!.GetValue<string>() is "DONE" or "ERROR" or "STOPPED")
                return task;
            await Task.Delay(100, Stop);
        }
    }

    private async Task Verb(params string[] arguments)
    {
        var answer = await CommandLine.Medsam2.RunAsync(["models", .. arguments, "--data", server.DataFolder, "--model", folder.File("toy")]);
        Assert.True(answer.ExitCode == 0, answer.Errors);
    }

    private async Task<string> ChecksumOtherThanAsync(string former) => await WaitAsync(checksum => checksum != former);

    private async Task<string> ChecksumUntilAsync(string wanted) => await WaitAsync(checksum => checksum == wanted);

    private async Task<string> WaitAsync(Func<string, bool> isWanted)
    {
        while (true)
        {
            var checksum = (await Client.GetAsync("/model/info/medsam2")).Json!["checksum"]!.GetValue<string>();
            if (isWanted(checksum))
                return checksum;
            await Task.Delay(200, Stop);
        }
    }
}
