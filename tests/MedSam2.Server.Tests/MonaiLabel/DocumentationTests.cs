using MedSam2.Server.Tests.MonaiLabel.Conformance;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

public sealed class DocumentationTests(RunningServer server) : IClassFixture<RunningServer>
{
    private readonly PlainClient _client = new(server.Address);

    [Fact]
    public async Task Every_operation_of_the_API_is_described()
    {
        var paths = (await _client.GetAsync("/openapi.json")).Json!["paths"]!.AsObject();

        Assert.Contains(paths, path => path.Key == "/infer/{model}");
        Assert.Contains(paths, path => path.Key.TrimEnd('/') == "/datastore/label");
        foreach (var (path, operations) in paths)
        {
            foreach (var (method, operation) in operations!.AsObject())
            {
                Assert.False(string.IsNullOrEmpty(operation!["summary"]?.GetValue<string>()), $"{method} {path} has no summary.");
                Assert.True(operation["responses"]!.AsObject().ContainsKey("200"), $"{method} {path} has no answer.");
                // What a client must send has an example, unless it is DICOM.
                if (method is "post" or "put" && !path.StartsWith("/dicom-web", StringComparison.Ordinal) && path is not ("/reload" or "/archive/outbox/send") && !path.Contains("wsi", StringComparison.Ordinal))
                    Assert.True(operation["requestBody"]?["content"]?.AsObject().All(media => media.Value!["example"] is not null || media.Value["schema"]!["properties"] is not null), $"{method} {path} has no example.");
            }
        }

        var infer = paths["/infer/{model}"]!["post"]!;
        Assert.Equal(["image", "session_id", "output"], infer["parameters"]!.AsArray().Where(p => p!["in"]!.GetValue<string>() == "query").Select(p => p!["name"]!.GetValue<string>()));
        Assert.Contains("foreground", infer["requestBody"]!["content"]!["multipart/form-data"]!["example"]!["params"]!.GetValue<string>(), StringComparison.Ordinal);
        // What clients send and a server may not follow is said where they look.
        foreach (var path in new[] { "/batch/infer/{model}", "/train/{model}", "/scoring/{method}" })
        {
            var fields = paths[path]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!["properties"]!.AsObject();
            Assert.All(["device", "gpus", "multi_gpu", "logging"], name => Assert.NotEmpty(fields[name]!["description"]!.GetValue<string>()));
        }

        Assert.Contains("role user", infer["description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere()
    {
        var page = await _client.GetAsync("/docs");

        Assert.Equal(200, page.Status);
        Assert.StartsWith("text/html", page.Header("Content-Type"), StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page.Text, StringComparison.Ordinal);
    }
}
