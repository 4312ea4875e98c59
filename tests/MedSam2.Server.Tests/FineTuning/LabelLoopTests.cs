using System.Text.Json.Nodes;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>The whole loop on real images, through the public API alone: asked for, labelled, taught, compared, served if better, scored again.</summary>
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
    public async Task New_labels_make_a_new_version_that_is_served_only_if_it_is_better()
    {
        // By the split's seed the lesion is the patient that versions are compared on.
        (string Id, string Image, string Label)[] cases =
        [
            ("mr-lesion", SharedData.Require("mr-brain-nrrd", "breast1_image.nrrd"), SharedData.Require("mr-brain-nrrd", "breast1_label.nrrd")),
            ("mr-abdomen", SharedData.Require("mr-abdomen-nifti", "image.nii.gz"), SharedData.Require("mr-abdomen-nifti", "labels.nii.gz")),
            ("abdomen-ct", SharedData.Require("ct-torso-nifti", "abdomen", "image.nii.gz"), SharedData.Require("ct-torso-nifti", "abdomen", "labels.nii.gz")),
        ];
        LabelledVolumes.SaveToy(folder.File("toy"));
        await server.StartAsync(
            $"--MedSam2:Model={folder.File("toy")}", "--MedSam2:LabelLoop:AfterLabels=4", "--MedSam2:LabelLoop:Steps=3", "--MedSam2:LabelLoop:LearningRate=0.001",
            "--MedSam2:LabelLoop:CheckSeconds=1", "--MedSam2:ActiveLearning:RescoreSeconds=1");
        foreach (var (id, image, _) in cases)
            await PutAsync($"/datastore/?image={id}", "file", image);
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}", [], ("label", "x.nii.gz", TestVolumes.Nifti(TestVolumes.BlockLabel())))).Status);
        await ScoredAsync();

        // What is handed out is labelled and saved; before the fourth label nothing begins.
        for (var n = 0; n < cases.Length; n++)
        {
            Assert.Equal(404, (await Client.GetAsync("/train/")).Status);
            var asked = await NextAsync(cases);
            await PutAsync($"/datastore/label?image={asked.Id}", "label", asked.Label);
        }

        var training = await EndAsync();
        Assert.True(training["status"]!.GetValue<string>() == "DONE", training.ToJsonString());
        var result = training["result"]!;
        Assert.Equal((1, 3, 1), (result["version"]!.GetValue<int>(), result["training_images"]!.GetValue<int>(), result["validation_images"]!.GetValue<int>()));
        var (score, present) = (result["score"]!, result["present_score"]!);
        double[] gains = [score["afterPrompt"]!.GetValue<double>() - present["afterPrompt"]!.GetValue<double>(), score["afterClicks"]!.GetValue<double>() - present["afterClicks"]!.GetValue<double>()];
        Assert.Equal(gains.All(gain => gain > -1e-9) && gains.Any(gain => gain > 1e-9), result["served"]!.GetValue<bool>());

        // Nothing is left to ask for, and what is served now scores what comes next.
        Assert.Equal("{}", (await Client.JsonAsync("POST", "/activelearning/hybrid", "{}")).Text);
        await PutAsync("/datastore/?image=mr-cord", "file", SharedData.Require("mr-spinalcord-nifti", "t2.nii.gz"));
        await ScoredAsync();
        Assert.Equal("mr-cord", (await Client.JsonAsync("POST", "/activelearning/hybrid", """{"client_id": "anna"}""")).Json!["id"]!.GetValue<string>());
        Assert.Single((await Client.GetAsync("/train/?all=true")).Json!.AsArray());
    }

    private async Task<(string Id, string Image, string Label)> NextAsync((string Id, string Image, string Label)[] cases)
    {
        var sample = (await Client.JsonAsync("POST", "/activelearning/hybrid", """{"client_id": "anna"}""")).Json!;
        Assert.True(sample["scored"]!.GetValue<bool>());
        return cases.Single(c => c.Id == sample["id"]!.GetValue<string>());
    }

    /// <summary>Waits until every image has a score.</summary>
    private async Task ScoredAsync()
    {
        Assert.Equal(200, (await Client.JsonAsync("POST", "/activelearning/uncertainty", """{"client_id": "anna"}""")).Status);
        var scored = await Client.JsonAsync("POST", "/scoring/uncertainty?run_sync=true&enqueue=true", "{}");
        Assert.Equal(200, scored.Status);
    }

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
