using System.Text.Json.Nodes;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>The whole loop on real images, through the public API alone: asked for, labelled, taught, compared, served, scored again.</summary>
public sealed class LabelLoopTests : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RunningServer server = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private PlainClient Client => new(server.Address);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task New_labels_teach_a_damaged_network_to_a_better_version_that_is_served_and_scores_all_images_again()
    {
        // By the split's seed the lesion is the patient that versions are compared on.
        (string Id, string Image, string Label)[] cases =
        [
            ("mr-lesion", SharedData.Require("mr-brain-nrrd", "breast1_image.nrrd"), SharedData.Require("mr-brain-nrrd", "breast1_label.nrrd")),
            ("mr-abdomen", SharedData.Require("mr-abdomen-nifti", "image.nii.gz"), SharedData.Require("mr-abdomen-nifti", "labels.nii.gz")),
            ("abdomen-ct", SharedData.Require("ct-torso-nifti", "abdomen", "image.nii.gz"), SharedData.Require("ct-torso-nifti", "abdomen", "labels.nii.gz")),
        ];
        const string Waiting = "mr-cord"; // somebody takes it and never labels it
        DamagedNano.Save(folder.File("medsam2-nano"));
        await server.StartAsync(
            $"--MedSam2:Model={folder.File("medsam2-nano")}", "--MedSam2:LabelLoop:AfterLabels=4", "--MedSam2:LabelLoop:Steps=40", "--MedSam2:LabelLoop:LearningRate=0.001",
            "--MedSam2:LabelLoop:CheckSeconds=1", "--MedSam2:ActiveLearning:RescoreSeconds=1");
        await PutAsync($"/datastore/?image={Waiting}", "file", SharedData.Require("mr-spinalcord-nifti", "t2.nii.gz"));
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}", [], ("label", "x.nii.gz", TestVolumes.Nifti(TestVolumes.BlockLabel())))).Status);
        Assert.Equal(Waiting, (await NextAsync("ben"))["id"]!.GetValue<string>()); // from now on scores are kept current
        foreach (var (id, image, _) in cases)
            await PutAsync($"/datastore/?image={id}", "file", image);
        var before = await ScoresAsync(scores => scores.Count == cases.Length + 1);
        var weights = await ChecksumAsync();

        // What is handed out is labelled and saved; before the fourth label nothing begins.
        for (var n = 0; n < cases.Length; n++)
        {
            Assert.Equal(404, (await Client.GetAsync("/train/")).Status);
            var sample = await NextAsync("anna");
            Assert.True(sample["scored"]!.GetValue<bool>());
            var asked = cases.Single(c => c.Id == sample["id"]!.GetValue<string>());
            await PutAsync($"/datastore/label?image={asked.Id}", "label", asked.Label);
        }

        var training = await EndAsync();
        Assert.True(training["status"]!.GetValue<string>() == "DONE", training.ToJsonString());
        var result = training["result"]!;
        Assert.Equal((1, 3, 1), (result["version"]!.GetValue<int>(), result["training_images"]!.GetValue<int>(), result["validation_images"]!.GetValue<int>()));
        var (score, present) = (result["score"]!, result["present_score"]!);
        Assert.True(score["afterPrompt"]!.GetValue<double>() > present["afterPrompt"]!.GetValue<double>(), result.ToJsonString());
        Assert.True(score["afterClicks"]!.GetValue<double>() > present["afterClicks"]!.GetValue<double>(), result.ToJsonString());
        Assert.True(result["served"]!.GetValue<bool>());
        Assert.Equal(1, (await Client.GetAsync("/model/versions/medsam2")).Json!["served"]!.GetValue<int>());
        Assert.NotEqual(weights, await ChecksumAsync());

        // The new network scores again, by itself, what the damaged one had scored; nobody but who has it is handed what is left.
        var after = await ScoresAsync(scores => scores.TryGetValue(Waiting, out var score) && score != before[Waiting]);
        Assert.Equal([Waiting], after.Keys);
        Assert.Equal("{}", (await NextAsync("anna")).ToJsonString());
        var left = await NextAsync("ben");
        Assert.Equal((Waiting, true), (left["id"]!.GetValue<string>(), left["scored"]!.GetValue<bool>()));
        Assert.Single((await Client.GetAsync("/train/?all=true")).Json!.AsArray());
    }

    private async Task<JsonNode> NextAsync(string person) => (await Client.JsonAsync("POST", "/activelearning/hybrid", $$"""{"client_id": "{{person}}"}""")).Json!;

    /// <summary>The scores of the images without a label, once a scoring that nobody but the server itself started has those that are waited for.</summary>
    private async Task<Dictionary<string, double>> ScoresAsync(Func<Dictionary<string, double>, bool> isAwaited)
    {
        using var tooLong = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        tooLong.CancelAfter(TimeSpan.FromMinutes(5));
        while (true)
        {
            var task = await Client.GetAsync("/scoring/");
            if (task.Status == 200 && task.Json!["status"]!.GetValue<string>() is "DONE"
                && task.Json!["result"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<double>()) is var scores && isAwaited(scores))
                return scores;
            await Task.Delay(200, tooLong.Token);
        }
    }

    private async Task<string> ChecksumAsync() => (await Client.GetAsync("/model/info/medsam2")).Json!["checksum"]!.GetValue<string>();

    private async Task<JsonNode> EndAsync()
    {
        while (true)
        {
            var task = await Client.GetAsync("/train/");
            if (task.Status == 200 && task.Json!["status"]!.GetValue<string>() is "DONE" or "ERROR" or "STOPPED")
                return task.Json!;
            await Task.Delay(200, Stop);
        }
    }

    private async Task PutAsync(string address, string field, string file)
    {
        var answer = await Client.MultipartAsync("PUT", address, [], (field, Path.GetFileName(file), await File.ReadAllBytesAsync(file, Stop)));
        Assert.True(answer.Status == 200, answer.Text);
    }
}
