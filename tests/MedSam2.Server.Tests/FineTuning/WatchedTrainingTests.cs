using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Tests.CommandLine;
using MedSam2.Server.Tests.Hubs;
using MedSam2.TestSupport;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>A training as people see it while it runs, and the same labels without a server.</summary>
public sealed class WatchedTrainingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_running_training_is_seen_live_on_the_hub_in_the_metrics_and_as_curves()
    {
        using var server = await ToyServer.StartAsync(folder);
        Assert.Equal(404, (await server.Client.GetAsync("/train/curves")).Status);
        await LabelledFiles.UploadAsync(server.Client, 2);
        // So long that nothing but the stop below ends it.
        var id = await server.StartJobAsync("/train/medsam2", """{"steps": 1000000, "val_split": 0}""");
        await using var hub = await HubClient.ConnectAsync(server.Address);
        List<JobUpdate> seen = [];
        var isStopped = false;
        await foreach (var update in hub.Connection.StreamAsync<JobUpdate>("WatchJob", new WatchJobRequest { JobId = id }, Stop))
        {
            seen.Add(update);
            if (isStopped || Steps(seen).Distinct().Count() < 4)
                continue;
            isStopped = true;

            Assert.All(seen, one => Assert.True(one.JobId == id && one.Kind == "train" && one.State is "SUBMITTED" or "RUNNING", $"{one}"));
            Assert.Equal(Steps(seen).Order(), Steps(seen));
            Assert.InRange(update.Metrics["loss"], 0.001, 1000);
            Assert.InRange(update.Metrics["prompted_iou"], 0, 1);
            Assert.Equal((500_000, $"Step {update.Metrics["step"]} of 1000000, loss {update.Metrics["loss"]:0.000}"), (update.Total, update.Message));

            var steps = await server.MetricAsync("medsam2_training_steps_total");
            Assert.True(steps >= update.Metrics["step"], $"{steps}");
            Assert.InRange(await server.MetricAsync("medsam2_training_loss"), 0.001, 1000);
            while (await server.MetricAsync("medsam2_training_steps_total") <= steps)
                await Task.Delay(50, Stop);

            await CheckCurvesAsync(server, id);
            Assert.Equal("STOPPED", (await server.Client.DeleteAsync("/train/")).Json!["status"]!.GetValue<string>());
        }

        Assert.Equal("STOPPED", seen[^1].State);
        // What was there when it was stopped can still be looked at.
        await CheckCurvesAsync(server, id);
    }

    [Fact]
    public async Task The_command_line_learns_from_the_approved_labels_of_a_data_folder_without_its_server()
    {
        string[] command = ["train", "--output", folder.File("run"), "--steps", "2", "--json", "--promote", "--data", folder.File("data"), "--studies", folder.File("served"), "--model", folder.File("toy")];
        using (var server = await ToyServer.StartAsync(folder))
        {
            await LabelledFiles.UploadAsync(server.Client, 5, labelled: false);
            await LabelledFiles.UploadAsync(server.Client, 4);
            var refused = await Medsam2.RunAsync(command);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("in use by another server", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        }

        var answer = await Medsam2.RunAsync(command);

        Assert.True(answer.ExitCode == 0, answer.Errors);
        var report = System.Text.Json.Nodes.JsonNode.Parse(answer.Output)!;
        Assert.Equal(4, report["trainingImages"]!.GetValue<int>() + report["validationImages"]!.GetValue<int>());
        using var after = await ToyServer.StartAsync(folder);
        Assert.Equal("image/png", (await after.Client.GetAsync("/model/curves/medsam2?version=1")).Header("Content-Type"));

        var halfNamed = await Medsam2.RunAsync([.. command, "--labels", folder.File("served")]);
        Assert.Equal(1, halfNamed.ExitCode);
        Assert.Contains("name both --images and --labels", Assert.Single(halfNamed.ErrorLines), StringComparison.Ordinal);
    }

    private static IEnumerable<double> Steps(IEnumerable<JobUpdate> updates) => updates.Where(update => update.Metrics.ContainsKey("step")).Select(update => update.Metrics["step"]);

    private static async Task CheckCurvesAsync(ToyServer server, string id)
    {
        var picture = await server.Client.GetAsync($"/train/curves?id={id}");
        Assert.Equal((200, "image/png"), (picture.Status, picture.Header("Content-Type")));
        Assert.Equal([0x89, .. "PNG"u8], picture.Body[..4]);
        var table = await server.Client.GetAsync("/train/curves?output=csv");
        Assert.Equal((200, "text/csv"), (table.Status, table.Header("Content-Type")));
        Assert.StartsWith("step,loss,", table.Text, StringComparison.Ordinal);
        Assert.StartsWith("0,", table.Text.Split('\n')[1], StringComparison.Ordinal);
        Assert.Equal(422, (await server.Client.GetAsync("/train/curves?output=svg")).Status);
        Assert.Equal(404, (await server.Client.GetAsync("/train/curves?id=none")).Status);
    }
}
