using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: background tasks.</summary>
public sealed partial class TaskConformance : IAsyncLifetime
{
    private readonly RunningServer _server = new();

    private PlainClient Client => new(_server.Address);

    public ValueTask InitializeAsync() => _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/train/")]
    [InlineData("/scoring/")]
    [InlineData("/batch/infer")]
    public async Task C45_without_a_task_there_is_404_and_nothing_to_stop(string address)
    {
        foreach (var query in new[] { "", "?check_if_running=true", "?all=true" })
        {
            var answer = await Client.GetAsync(address + query);
            Assert.Equal(404, answer.Status);
            Assert.NotEmpty(answer.Json!["detail"]!.GetValue<string>());
        }

        var stopped = await Client.DeleteAsync(address);
        Assert.Equal((200, "null", "application/json"), (stopped.Status, stopped.Text, stopped.Header("Content-Type")));
    }

    [Fact]
    public async Task C46_and_C47_a_running_task_says_so_refuses_a_second_one_and_can_be_stopped()
    {
        // As many images as it takes: each has a volume to walk through.
        for (var n = 0; n < 20; n++)
            Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/?image=v{n:D2}", [], ("file", "x.nii.gz", TestVolumes.Series()))).Status);
        var started = await Client.JsonAsync("POST", "/batch/infer/medsam2", $$"""{"roi": {{System.Text.Json.JsonSerializer.Serialize(TestSeries.Roi(4, 4))}}, "client_id": "user-xyz"}""");
        Assert.Equal(200, started.Status);
        Assert.Equal("medsam2", started.Json!["request"]!["model"]!.GetValue<string>());
        while ((await TaskAsync())["done"]!.GetValue<int>() < 2)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var running = await Client.GetAsync("/batch/infer?check_if_running=true");
        Assert.Equal((200, "RUNNING"), (running.Status, running.Json!["status"]!.GetValue<string>()));
        Assert.Equal(started.Json!["id"]!.GetValue<string>(), running.Json!["id"]!.GetValue<string>());
        var second = await Client.JsonAsync("POST", "/batch/infer/medsam2", "{}");
        Assert.Equal(429, second.Status);
        Assert.Contains("running", second.Json!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        var queued = await Client.JsonAsync("POST", "/batch/infer/medsam2?enqueue=true", """{"images": []}""");
        Assert.Equal((200, "SUBMITTED"), (queued.Status, queued.Json!["status"]!.GetValue<string>()));

        var stopped = await Client.DeleteAsync("/batch/infer");
        Assert.Equal((200, "STOPPED"), (stopped.Status, stopped.Json!["status"]!.GetValue<string>()));
        Assert.Matches(Time(), stopped.Json!["end_ts"]!.GetValue<string>());
        Assert.Matches(Time(), stopped.Json!["start_ts"]!.GetValue<string>());
        Assert.NotEmpty(stopped.Json!["details"]!.AsArray());
        Assert.InRange(stopped.Json!["done"]!.GetValue<int>(), 2, 19);

        // The one that waited has its turn now; all are listed, oldest first.
        while ((await TaskAsync())["status"]!.GetValue<string>() != "DONE")
            await Task.Delay(20, TestContext.Current.CancellationToken);
        var all = (await Client.GetAsync("/batch/infer?all=true")).Json!.AsArray();
        Assert.Equal(["STOPPED", "DONE"], all.Select(task => task!["status"]!.GetValue<string>()));
        Assert.Equal(404, (await Client.GetAsync("/batch/infer?check_if_running=true")).Status);
    }

    [Fact]
    public async Task C48_all_trainers_are_started_as_OHIF_does_it()
    {
        var answer = await Client.JsonAsync("POST", "/train/", """{"medsam2": {"epochs": 1}, "client_id": "user-xyz"}""");

        Assert.Equal(200, answer.Status);
        var (name, started) = Assert.Single(answer.Json!.AsObject());
        Assert.Equal("medsam2", name);
        Assert.Equal(started!["result"]!["id"]!.GetValue<string>(), (await Client.GetAsync("/train/")).Json!["id"]!.GetValue<string>());
        Assert.Equal(("medsam2", 1, "user-xyz"), (started["result"]!["request"]!["model"]!.GetValue<string>(), started["result"]!["request"]!["epochs"]!.GetValue<int>(), started["result"]!["request"]!["client_id"]!.GetValue<string>()));
        Assert.True(started.AsObject().ContainsKey("detail"));
        Assert.Equal(404, (await Client.JsonAsync("POST", "/train/none", "{}")).Status);
    }

    private async Task<JsonNode> TaskAsync() => (await Client.GetAsync("/batch/infer")).Json!;

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")]
    private static partial Regex Time();
}
