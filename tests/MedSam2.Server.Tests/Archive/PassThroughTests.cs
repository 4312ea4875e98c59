using System.Net;
using System.Text;
using MedSam2.Server.DicomWeb.PassThrough;
using MedSam2.Studies.DicomWebClient;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Archive;

public sealed class PassThroughTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task C63_logins_cookies_and_this_servers_name_stay_here_and_other_headers_go_on()
    {
        List<string> seen = [];
        await using var archive = new FakeArchive(context =>
        {
            seen = [.. context.Request.Headers.AllKeys.Select(name => $"{name}: {context.Request.Headers[name]}")];
            context.Response.AddHeader("Set-Cookie", "a=b");
            context.Response.AddHeader("ETag", "\"1\"");
            context.Response.AddHeader("Warning", "299 - \"more\"");
            return FakeArchive.AnswerAsync(context.Response, 206, "image/jpeg", "abc"u8.ToArray());
        });
        await using var server = new RunningServer();
        await server.StartAsync("--MedSam2:Studies=", $"--MedSam2:Archive:Url={archive.Url}", "--MedSam2:Archive:BearerToken=ours", "--MedSam2:Archive:WadoPrefix=rs/wado");
        using var request = new HttpRequestMessage(HttpMethod.Get, "dicom-web/studies/1/rendered?window=1,2,linear&x=a%20b%2Fc");
        foreach (var (name, value) in new[]
        {
            ("Authorization", "Basic eHg6eXk="), ("Cookie", "secret=1"), ("X-Forwarded-For", "1.2.3.4"), ("Accept", "image/jpeg;q=0.5"), ("Range", "bytes=0-10"), ("X-Viewer", "v"),
        })
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await server.Http.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal("abc", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Equal("\"1\"", answer.Headers.ETag!.Tag);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.Equal("GET /dicom-web/rs/wado/studies/1/rendered?window=1,2,linear&x=a%20b%2Fc", Assert.Single(archive.Requests, r => r.Contains("rendered", StringComparison.Ordinal)));
        Assert.Contains("Authorization: Bearer ours", seen);
        Assert.Contains("Accept: image/jpeg;q=0.5", seen);
        Assert.Contains("Range: bytes=0-10", seen);
        Assert.Contains("X-Viewer: v", seen);
        Assert.Contains($"Host: 127.0.0.1:{archive.Port}", seen);
        Assert.DoesNotContain(seen, header => header.Contains("secret", StringComparison.Ordinal) || header.Contains("1.2.3.4", StringComparison.Ordinal) || header.Contains("eHg6", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "studies", "http://pacs.example/dicom/qido/studies")]
    [InlineData("GET", "studies/1/series", "http://pacs.example/dicom/qido/studies/1/series")]
    [InlineData("GET", "studies/1/metadata", "http://pacs.example/dicom/wado/studies/1/metadata")]
    [InlineData("GET", "bulk/1,2/a%20b", "http://pacs.example/dicom/wado/bulk/1,2/a%20b")]
    [InlineData("POST", "studies", "http://pacs.example/dicom/stow/studies")]
    [InlineData("GET", "../studies", null)]
    [InlineData("GET", "studies/..%2f..%2f..%2fsystem", null)]
    [InlineData("GET", "studies/%2e%2e/%2e%2e/%2e%2e/system", null)]
    [InlineData("GET", "studies/..;/system", null)]
    [InlineData("GET", "studies/a%5c..%5cb", null)]
    public void A_path_never_leaves_the_archives_root(string method, string resource, string? expected)
    {
        var addresses = new ArchiveAddresses(new ArchiveOptions { Url = "http://pacs.example/dicom", QidoPrefix = "/qido/", WadoPrefix = "wado", StowPrefix = "stow" });
        Assert.Equal(expected, addresses.PassThrough(method, resource, "")?.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://evil.example/x")]
    [InlineData("//evil.example/x")]
    [InlineData("/evil")]
    [InlineData("http:evil")]
    public void A_path_that_is_an_address_stays_a_path(string resource)
    {
        var target = new ArchiveAddresses(new ArchiveOptions { Url = "http://pacs.example/dicom" }).PassThrough("GET", resource, "");
        Assert.True(target is null || target.AbsoluteUri.StartsWith("http://pacs.example/dicom/", StringComparison.Ordinal), target?.AbsoluteUri);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Addresses_are_replaced_wherever_the_pieces_break(int piece)
    {
        var padding = new string('h', 70_000);
        var text = $"http://a/d/x {padding} http:\\/\\/a\\/d\\/y http://a/dx http://a/d/wado/z http://a/d/";
        using var target = new MemoryStream();
        await new AddressRewriter(["http://a/d/", "http://a/d/wado/"], "https://me/w/").CopyAsync(new Pieces(Encoding.UTF8.GetBytes(text), piece), target, Stop);
        Assert.Equal($"https://me/w/x {padding} https:\\/\\/me\\/w\\/y http://a/dx https://me/w/z https://me/w/", Encoding.UTF8.GetString(target.ToArray()));
    }

    private sealed class Pieces(byte[] content, int piece) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
