using System.IO.Compression;
using System.Net;
using System.Text;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Viewer;

/// <summary>How the viewer's files go out. A folder made here stands for the built viewer; browser tests use the real one.</summary>
public sealed class ViewerFilesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunningServer _server = new();

    public async ValueTask InitializeAsync()
    {
        Write("site/index.html", "<!doctype html><title>viewer</title>");
        Write("site/app.bundle.0123456789abcdef.js", "let viewer = 'plain';");
        Write("plugin/mode.js", "export default {};");
        Write("secret.txt", "not for browsers");
        await using (var file = File.Create(Path.Combine(_folder.Path, "site/app.bundle.0123456789abcdef.js.br")))
        await using (var brotli = new BrotliStream(file, CompressionLevel.Fastest))
            await brotli.WriteAsync("let viewer = 'brotli';"u8.ToArray(), TestContext.Current.CancellationToken);
        await _server.StartAsync($"--MedSam2:Viewer:Folder={_folder.Path}");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("ohif/")]
    [InlineData("ohif/medsam2?StudyInstanceUIDs=1.2.3")]
    public async Task A_place_within_the_viewer_gets_its_page_with_a_policy_that_lets_nothing_in_from_elsewhere(string address)
    {
        using var answer = await GetAsync(address);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("viewer", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("no-cache", answer.Headers.CacheControl!.ToString());
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval'", policy.Replace("wasm-unsafe-eval'", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_comes_compressed_where_the_browser_takes_it_and_its_name_says_that_it_never_changes()
    {
        using var plain = await GetAsync("ohif/app.bundle.0123456789abcdef.js");
        using var compressed = await GetAsync("ohif/app.bundle.0123456789abcdef.js", "gzip;q=0.5, br");

        Assert.Equal("let viewer = 'plain';", await plain.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.Equal("br", Assert.Single(compressed.Content.Headers.ContentEncoding));
        Assert.Equal("text/javascript", compressed.Content.Headers.ContentType!.MediaType);
        Assert.Contains("immutable", compressed.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Contains("Accept-Encoding", compressed.Headers.Vary);
    }

    [Fact]
    public async Task A_file_that_is_known_already_is_not_sent_again()
    {
        using var first = await GetAsync("ohif/plugins/medsam2/mode.js");
        using var request = new HttpRequestMessage(HttpMethod.Get, "ohif/plugins/medsam2/mode.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await _server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("no-cache", first.Headers.CacheControl!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Theory]
    [InlineData("ohif/nothing.js")]
    [InlineData("ohif/..%2fsecret.txt")]
    [InlineData("ohif/%2e%2e/secret.txt")]
    [InlineData("ohif/plugins/medsam2/..%2f..%2fsecret.txt")]
    [InlineData("ohif/plugins/medsam2/nothing")]
    public async Task What_is_not_in_the_folder_is_not_found(string address)
    {
        using var answer = await GetAsync(address);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_configuration_names_this_server_alone_and_carries_the_coded_structures()
    {
        using var answer = await GetAsync("ohif/app-config.js");
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal("text/javascript", answer.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
        Assert.DoesNotContain("__MEDSAM2__", text, StringComparison.Ordinal);
        foreach (var part in new[] { "'/dicom-web'", "/hubs/segmentation", "\"label\":\"Left kidney\"", "\"value\":\"64033007\"" })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_the_server_leads_into_the_viewer()
    {
        using var answer = await GetAsync("");
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("href=\"ohif/\"", page, StringComparison.Ordinal);
        Assert.Contains("medsam2-nano", page, StringComparison.Ordinal);
        Assert.Contains("1 series", page, StringComparison.Ordinal);
        Assert.Contains("For research only", page, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_built_viewer_the_pages_say_so()
    {
        Directory.Delete(Path.Combine(_folder.Path, "site"), recursive: true);
        using var viewer = await GetAsync("ohif/");
        using var home = await GetAsync("");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, viewer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, home.StatusCode);
        Assert.Contains("MedSam2:Viewer:Folder", await home.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> GetAsync(string address, string encodings = "identity")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", encodings);
        return await _server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text, Encoding.UTF8);
    }
}
