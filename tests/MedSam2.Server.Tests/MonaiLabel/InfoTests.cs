using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Inference.Preprocessing;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

public sealed class InfoTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Info_is_the_same_with_and_without_a_trailing_slash_and_without_a_redirect()
    {
        using var plain = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };
        using var with = await plain.GetAsync("info/", TestContext.Current.CancellationToken);
        using var without = await plain.GetAsync("info", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, with.StatusCode);
        Assert.Equal(HttpStatusCode.OK, without.StatusCode);
        Assert.Equal("application/json", with.Content.Headers.ContentType!.MediaType);
        Assert.Empty(with.Content.Headers.ContentEncoding);
        Assert.Equal(
            await with.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            await without.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Info_has_every_key_in_the_shape_that_clients_read()
    {
        var info = await InfoAsync();

        Assert.False(info.ContainsKey("config"));
        foreach (var text in new[] { "name", "description", "version" })
            Assert.NotEmpty(info[text]!.GetValue<string>());
        Assert.NotEmpty(info["labels"]!.AsArray());
        foreach (var table in new[] { "models", "trainers", "strategies", "scoring", "train_stats" })
            Assert.Equal(JsonValueKind.Object, info[table]!.GetValueKind());
        Assert.Equal(1, info["datastore"]!["total"]!.GetValue<int>());
        Assert.Equal(JsonValueKind.Number, info["datastore"]!["completed"]!.GetValueKind());
        Assert.Equal(JsonValueKind.Object, info["datastore"]!["label_tags"]!.GetValueKind());
    }

    [Fact]
    public async Task A_prompted_model_is_listed_for_the_volume_and_for_the_slice()
    {
        var models = (await InfoAsync())["models"]!.AsObject();

        Assert.True(models.Remove("medsam2_set", out var automatic));
        Assert.Equal("segmentation", automatic!["type"]!.GetValue<string>());
        Assert.Equal([2, 3], models.Select(model => model.Value!["dimension"]!.GetValue<int>()).Order());
        foreach (var (_, model) in models)
        {
            Assert.Equal("deepgrow", model!["type"]!.GetValue<string>());
            Assert.NotEmpty(model["description"]!.GetValue<string>());
            Assert.NotEmpty(model["labels"]!.AsArray());
            Assert.Equal(["automatic", .. WindowPresets.Names], model["config"]!["window"]!.AsArray().Select(name => name!.GetValue<string>()));
            foreach (var (_, value) in model["config"]!.AsObject())
            {
                if (value is JsonArray choices)
                    Assert.All(choices, choice => Assert.Equal(JsonValueKind.String, choice!.GetValueKind()));
            }
        }
    }

    [Theory]
    [InlineData("auth/")]
    [InlineData("nowhere")]
    [InlineData("info/more")]
    public async Task What_is_not_there_is_404_as_JSON_and_readable_by_web_pages(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("Origin", "http://viewer.example:3000");
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty((await RunningServer.JsonAsync(answer))["detail"]!.GetValue<string>());
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Theory]
    [InlineData("POST", "infer/medsam2")]
    [InlineData("PUT", "info/")]
    [InlineData("DELETE", "info/")]
    public async Task A_preflight_allows_what_a_viewer_sends(string method, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, address);
        request.Headers.Add("Origin", "http://viewer.example:3000");
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "content-type,authorization");
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Contains(method, string.Join(',', answer.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.Contains("authorization", string.Join(',', answer.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wrong_method_is_405_as_JSON_and_names_the_right_one()
    {
        using var answer = await server.Http.DeleteAsync("info/", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Contains("GET", answer.Content.Headers.Allow);
        Assert.NotEmpty((await RunningServer.JsonAsync(answer))["detail"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_root_is_a_page()
    {
        using var answer = await server.Http.GetAsync("/", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_GET_that_announces_a_body_and_sends_none_is_answered()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            "GET /info/ HTTP/1.1\r\nHost: here\r\nAccept-Encoding: identity\r\ncontent-type: application/json\r\ncontent-length: 25\r\n\r\n"u8.ToArray(),
            TestContext.Current.CancellationToken);

        var start = new byte[15];
        await stream.ReadExactlyAsync(start, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal("HTTP/1.1 200 OK", Encoding.ASCII.GetString(start));
    }

    private async Task<JsonObject> InfoAsync()
    {
        using var answer = await server.Http.GetAsync("info/", TestContext.Current.CancellationToken);
        return (await RunningServer.JsonAsync(answer)).AsObject();
    }
}
