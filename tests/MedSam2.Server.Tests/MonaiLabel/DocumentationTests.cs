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
        foreach (var (path, operations) in paths.Where(path => path.Key.Split('/')[1] is "info" or "infer" or "datastore" or "session" or "activelearning" or "model" or "logs"))
        {
            foreach (var (method, operation) in operations!.AsObject())
                Assert.False(string.IsNullOrEmpty(operation!["summary"]?.GetValue<string>()), $"{method} {path} has no summary.");
        }
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
