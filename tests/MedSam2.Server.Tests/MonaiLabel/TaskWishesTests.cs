using System.Text.Json.Nodes;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Errors;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>What tasks of all kinds may be asked for: a device, and how much their log says.</summary>
public sealed class TaskWishesTests : IAsyncLifetime
{
    private readonly RunningServer _server = new();

    private PlainClient Client => new(_server.Address);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("""{}""", "cpu", 0)]
    [InlineData("""{"device":"CPU","multi_gpu":false,"gpus":"all"}""", "cpu", 0)]
    [InlineData("""{"device":["cpu"]}""", "cpu", 0)]
    [InlineData("""{"device":"cuda"}""", "cpu", 1)]
    [InlineData("""{"device":"cuda","multi_gpu":true}""", "cpu", 2)]
    [InlineData("""{"device":"cuda","gpus":"1","multi_gpu":"False"}""", "cuda:1", 0)]
    [InlineData("""{"device":"cuda:0","gpus":"0"}""", "cuda", 0)]
    public void What_is_not_as_asked_is_said(string parameters, string served, int remarks)
    {
        var said = TaskWishes.Read(JsonNode.Parse(parameters)!.AsObject(), served);

        Assert.Equal(remarks, said.Count);
        Assert.All(said, line => Assert.Contains(served, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"device":"tpu"}""", "cpu", 400)]
    [InlineData("""{"device":"cuda:1"}""", "cpu", 400)]
    [InlineData("""{"device":"cpu"}""", "cuda:0", 400)]
    [InlineData("""{"device":1}""", "cpu", 422)]
    [InlineData("""{"gpus":"0"}""", "cpu", 400)]
    [InlineData("""{"gpus":"0,1"}""", "cuda:0", 400)]
    [InlineData("""{"multi_gpu":"perhaps"}""", "cpu", 422)]
    [InlineData("""{"logging":"LOUD"}""", "cpu", 422)]
    public void What_cannot_be_is_refused(string parameters, string served, int status)
    {
        var fault = Assert.ThrowsAny<RequestException>(() => TaskWishes.Read(JsonNode.Parse(parameters)!.AsObject(), served));

        Assert.Equal(status, fault.Status);
        Assert.True(status is 422 || fault.Message.Contains($"computes on {served}", StringComparison.Ordinal), fault.Message);
    }

    [Theory]
    [InlineData("/batch/infer/medsam2", """{"device":"tpu"}""", "/batch/infer")]
    [InlineData("/train/medsam2", """{"gpus":"3"}""", "/train/")]
    [InlineData("/train/", """{"medsam2":{"device":"cuda:7"}}""", "/train/")]
    [InlineData("/scoring/dice", """{"device":"tpu"}""", "/scoring/")]
    public async Task A_device_that_is_not_here_starts_nothing(string address, string body, string status)
    {
        var answer = await Client.JsonAsync("POST", address, body);

        Assert.Equal(400, answer.Status);
        Assert.Contains("computes on cpu", answer.Json!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(404, (await Client.GetAsync(status)).Status);
    }

    [Fact]
    public async Task An_infer_request_names_the_device_that_computed_and_refuses_another_one()
    {
        using var answer = await _server.InferAsync(new { roi = TestSeries.Roi(4, 4), device = "cuda" }, "medsam2_2d", "json");
        Assert.Equal("cpu", (await RunningServer.JsonAsync(answer))["device"]!.GetValue<string>());

        using var refused = await _server.InferAsync(new { roi = TestSeries.Roi(4, 4), device = "tpu" }, "medsam2_2d", "json");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("'device' is 'tpu'", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    /// <summary>What MONAI Label's own documentation sends.</summary>
    [Theory]
    [InlineData("INFO", true)]
    [InlineData("WARNING", false)]
    public async Task The_level_says_which_lines_the_log_keeps_and_the_first_ones_what_is_not_as_asked(string level, bool keepsDone)
    {
        var body = new JsonObject { ["images"] = new JsonArray(TestSeries.Uid, "missing"), ["roi"] = new JsonArray([.. TestSeries.Roi(4, 4).Select(n => JsonValue.Create(n))]), ["device"] = "cuda", ["multi_gpu"] = true, ["gpus"] = "all", ["logging"] = level };
        Assert.Equal(200, (await Client.JsonAsync("POST", "/batch/infer/medsam2_2d?run_sync=true", body.ToJsonString())).Status);

        var task = (await Client.GetAsync("/batch/infer")).Json!;
        var lines = task["details"]!.AsArray().Select(line => line!.GetValue<string>()).ToArray();
        Assert.Contains("'device' is cuda, which this server does not have: it computes on cpu.", lines[0], StringComparison.Ordinal);
        Assert.Contains("'multi_gpu' changes nothing", lines[1], StringComparison.Ordinal);
        Assert.Equal(keepsDone, lines.Any(line => line.EndsWith($"{TestSeries.Uid}: done.", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("missing: failed.", StringComparison.Ordinal));
    }
}
