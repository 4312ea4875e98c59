using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: general, info.</summary>
public sealed class GeneralConformance(RunningServer server) : IClassFixture<RunningServer>
{
    private readonly PlainClient _client = new(server.Address);

    [Fact]
    public async Task C01_info_is_200_JSON_as_it_is()
    {
        var answer = await _client.GetAsync("/info/");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("application/json", answer.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Null(answer.Header("Location"));
        Assert.Null(answer.Header("Content-Encoding"));
    }

    [Theory]
    [InlineData("/info")]
    [InlineData("/datastore")]
    public async Task C02_an_address_without_its_slash_answers_the_same(string address)
    {
        var answer = await _client.GetAsync(address);

        Assert.Equal(200, answer.Status);
        Assert.Equal((await _client.GetAsync(address + "/")).Text, answer.Text);
    }

    [Fact]
    public async Task C03_the_root_answers_200() => Assert.Equal(200, (await _client.GetAsync("/")).Status);

    [Fact]
    public async Task C04_without_login_there_is_no_auth() => Assert.Equal(404, (await _client.GetAsync("/auth/")).Status);

    [Fact]
    public async Task C05_an_unknown_route_is_404_and_no_page()
    {
        var answer = await _client.GetAsync("/some/where");

        Assert.Equal(404, answer.Status);
        Assert.StartsWith("application/json", answer.Header("Content-Type"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/some/where")]
    [InlineData("POST", "/infer/none?image=x")]
    [InlineData("POST", "/activelearning/none")]
    [InlineData("GET", "/datastore/label?label=x")]
    [InlineData("GET", "/session/x")]
    [InlineData("DELETE", "/info/")]
    public async Task C06_an_error_has_a_detail_and_may_be_read_by_web_pages(string method, string address)
    {
        var answer = await _client.SendAsync(method, address, null, [], "Origin: http://viewer.example:3000");

        Assert.InRange(answer.Status, 400, 599);
        Assert.NotNull(answer.Json!.AsObject()["detail"]);
        Assert.NotNull(answer.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("POST", "/activelearning/random")]
    [InlineData("PUT", "/datastore/label?image=x")]
    [InlineData("DELETE", "/datastore/label?id=x")]
    [InlineData("PUT", "/session/")]
    public async Task C07_a_preflight_allows_what_viewers_send(string method, string address)
    {
        var answer = await _client.SendAsync(
            "OPTIONS", address, null, [], "Origin: http://viewer.example:3000", $"Access-Control-Request-Method: {method}", "Access-Control-Request-Headers: content-type,authorization");

        Assert.InRange(answer.Status, 200, 204);
        Assert.Contains(method, answer.Header("Access-Control-Allow-Methods")!, StringComparison.Ordinal);
        Assert.Contains("authorization", answer.Header("Access-Control-Allow-Headers")!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/info/")]
    [InlineData("GET", "/datastore/?output=all")]
    [InlineData("DELETE", "/datastore/label?id=x&tag=final")]
    public async Task C08_a_stale_length_without_a_body_is_not_waited_for(string method, string address)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {address} HTTP/1.1\r\nHost: here\r\ncontent-type: application/json\r\ncontent-length: 25\r\n\r\n"));

        var start = new byte[12];
        await stream.ReadExactlyAsync(start).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(start));
    }

    [Fact]
    public async Task C09_a_multipart_upload_of_300_MB_arrives()
    {
        const int Columns = 512, Slices = 573;
        using var folder = new TemporaryFolder();
        await using var file = File.Create(folder.File("large.nii"));
        TestVolumes.WriteSparse(file, Columns, Slices);

        using var form = new MultipartFormDataContent { { new StreamContent(file), "file", "large.nii" }, { new StringContent("{}"), "params" } };
        using var answer = await server.Http.PutAsync("datastore/?image=large", form);
        Assert.Equal("""{"image":"large"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal(file.Length, new FileInfo(Assert.Single(Directory.GetFiles(server.DataFolder, "large.nii", SearchOption.AllDirectories))).Length);
    }

    [Fact]
    public async Task C10_info_and_the_list_answer_while_the_network_works()
    {
        var working = server.MaskAsync(new { roi = TestSeries.Roi(4, 4), result_extension = ".nrrd" });
        var answers = 0;
        while (!working.IsCompleted)
        {
            Assert.Equal(200, (await _client.GetAsync("/info/")).Status);
            Assert.Equal(404, (await _client.GetAsync("/train/?check_if_running=true")).Status);
            if (!working.IsCompleted)
                answers++;
        }

        Assert.True(answers > 0);
        await working;
    }

    [Fact]
    public async Task C11_to_C14_info_has_its_keys_in_the_shapes_that_clients_read()
    {
        var info = await InfoAsync();

        Assert.Null(info["config"]);
        Assert.NotEmpty(info["labels"]!.AsArray());
        foreach (var (_, model) in info["models"]!.AsObject())
        {
            foreach (var key in new[] { "type", "description", "labels", "dimension", "config" })
                Assert.NotNull(model![key]);
            Assert.Equal(JsonValueKind.Object, model!["config"]!.GetValueKind());
        }

        foreach (var key in new[] { "train_stats", "strategies", "trainers", "scoring", "datastore" })
            Assert.Equal(JsonValueKind.Object, info[key]!.GetValueKind());
        Assert.Equal(JsonValueKind.Number, info["datastore"]!["total"]!.GetValueKind());
        Assert.Equal(JsonValueKind.Number, info["datastore"]!["completed"]!.GetValueKind());
    }

    [Fact]
    public async Task C15_there_is_a_strategy_called_random()
    {
        var strategies = (await InfoAsync())["strategies"]!.AsObject();

        Assert.Equal(["random", "first", "uncertainty", "diversity", "hybrid"], strategies.Select(strategy => strategy.Key));
        Assert.NotEmpty(strategies["random"]!["description"]!.GetValue<string>());
    }

    [Fact]
    public async Task C16_and_C17_choices_are_texts_and_interactive_models_are_deepgrow_with_labels()
    {
        foreach (var (_, model) in (await InfoAsync())["models"]!.AsObject())
        {
            foreach (var list in model!["config"]!.AsObject().Select(setting => setting.Value).OfType<JsonArray>())
                Assert.All(list, choice => Assert.Equal(JsonValueKind.String, choice!.GetValueKind()));
            Assert.NotEmpty(model["labels"]!.AsArray());
        }

        var interactive = (await InfoAsync())["models"]!.AsObject().Where(model => model.Value!["type"]!.GetValue<string>() is "deepgrow").Select(model => model.Key);
        Assert.Equal(["medsam2", "medsam2_2d"], interactive);
    }

    private async Task<JsonObject> InfoAsync() => (await _client.GetAsync("/info/")).Json!.AsObject();
}
