using System.Security.Cryptography;
using MedSam2.Network.Catalog;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Models;

public sealed class ModelDownloadTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient client = new();
    private readonly byte[] content = RandomNumberGenerator.GetBytes(200_000);

    private string Target => folder.File("weights.pt");

    [Fact]
    public async Task A_broken_download_goes_on_where_it_ended()
    {
        using var server = new RangeServer(content) { BreakAfter = 70_000 };
        var broken = await Assert.ThrowsAsync<ModelDownloadException>(() => FetchAsync(server, Model(content)));
        var kept = (int)new FileInfo(Target + ".part").Length;
        server.BreakAfter = null;

        var hash = await FetchAsync(server, Model(content));

        Assert.Contains($"from byte {kept}", broken.Message, StringComparison.Ordinal);
        Assert.InRange(kept, 1, 70_000);
        Assert.Equal([0, kept], server.Starts);
        Assert.Equal(content, await File.ReadAllBytesAsync(Target, Stop));
        Assert.Equal(Hash(content), hash);
        Assert.Equal([Target], Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_changed_meanwhile_is_fetched_afresh(bool honoursRanges)
    {
        using var server = new RangeServer(content) { BreakAfter = 70_000 };
        var unknown = Model(content) with { Sha256 = null };
        await Assert.ThrowsAsync<ModelDownloadException>(() => FetchAsync(server, unknown));
        var changed = RandomNumberGenerator.GetBytes(content.Length);
        (server.BreakAfter, server.Content, server.Tag, server.HonoursRanges) = (null, changed, "\"two\"", honoursRanges);

        await FetchAsync(server, unknown);

        Assert.Equal(changed, await File.ReadAllBytesAsync(Target, Stop));
    }

    [Fact]
    public async Task Without_tag_and_hash_nothing_is_resumed()
    {
        using var server = new RangeServer(content) { BreakAfter = 70_000, Tag = null };
        var unknown = Model(content) with { Sha256 = null };
        await Assert.ThrowsAsync<ModelDownloadException>(() => FetchAsync(server, unknown));
        server.BreakAfter = null;

        await FetchAsync(server, unknown);

        Assert.Equal([0, 0], server.Starts);
        Assert.Equal(content, await File.ReadAllBytesAsync(Target, Stop));
    }

    [Fact]
    public async Task A_wrong_hash_is_refused_and_nothing_is_left()
    {
        using var server = new RangeServer(content);
        var refused = await Assert.ThrowsAsync<ModelDownloadException>(() => FetchAsync(server, Model(content) with { Sha256 = new string('0', 64) }));

        Assert.Contains(Hash(content), refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Another_size_than_published_is_refused_before_anything_is_kept()
    {
        using var server = new RangeServer(content);
        await Assert.ThrowsAsync<ModelDownloadException>(() => FetchAsync(server, Model(content) with { Size = content.Length - 1 }));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task A_right_file_is_not_fetched_again()
    {
        using var server = new RangeServer(content);
        folder.Write("weights.pt", content);
        await FetchAsync(server, Model(content));
        Assert.Empty(server.Starts);
    }

    [Fact]
    public async Task The_servers_refusal_is_told()
    {
        using var server = new RangeServer(content) { Status = 404 };
        var refused = await Assert.ThrowsAsync<ModelDownloadException>(() => FetchAsync(server, Model(content)));
        Assert.Contains("404", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_do_not_come_over_plain_http()
    {
        var refused = await Assert.ThrowsAsync<ModelDownloadException>(
            () => new ModelDownload(client).FetchAsync(Model(content), new Uri("http://models.example/weights.pt"), Target, cancellation: Stop));
        Assert.Contains("https", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://{listener.LocalEndpoint}/weights.pt");
        var download = new ModelDownload(client) { Patience = TimeSpan.FromMilliseconds(200) };
        var refused = await Assert.ThrowsAsync<ModelDownloadException>(() => download.FetchAsync(Model(content), url, Target, cancellation: Stop));
        Assert.Contains("sent nothing", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    private Task<string> FetchAsync(RangeServer server, PublishedModel model) =>
        new ModelDownload(client).FetchAsync(model, server.Url, Target, cancellation: Stop);

    private static PublishedModel Model(byte[] content) =>
        new("a", "A", "a", new Uri("https://models.example/weights.pt"), null, null, content.Length, Hash(content));

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
