using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>Weights put and taken away while the server runs. Each test has a server of its own.</summary>
public sealed class ModelEndpointTests : IAsyncLifetime
{
    private readonly RunningServer _server = new();

    private PlainClient Client => new(_server.Address);

    public ValueTask InitializeAsync() => _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Weights_that_are_put_are_served_and_those_before_them_come_back()
    {
        var first = await ChecksumAsync();
        Assert.Equal(409, (await Client.DeleteAsync("/model/medsam2")).Status);
        var other = (await Client.GetAsync("/model/medsam2")).Body;
        other[^4] ^= 1; // the lowest bit of the last number

        var put = await Client.MultipartAsync("PUT", "/model/medsam2", [], ("file", "C:\\models\\mine.safetensors", other));
        Assert.True(put.Status == 200, put.Text);
        Assert.Equal($"SHA256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(other))}", put.Json!["checksum"]!.GetValue<string>());
        Assert.Equal(put.Json["checksum"]!.GetValue<string>(), await ChecksumAsync());
        Assert.Equal(other, (await Client.GetAsync("/model/medsam2_2d")).Body);
        using (var answer = await _server.InferAsync(new { roi = TestSeries.Roi(4, 4) }, "medsam2_2d"))
            Assert.True(answer.IsSuccessStatusCode);

        Assert.Equal((200, "{}"), await DeleteAsync());
        Assert.Equal(first, await ChecksumAsync());
        Assert.Single(Directory.GetDirectories(Path.Combine(_server.DataFolder, "models"), "*.deleted", SearchOption.AllDirectories));
        Assert.Equal(409, (await Client.DeleteAsync("/model/medsam2")).Status);

        // The same again is another version.
        Assert.Equal(200, (await Client.MultipartAsync("PUT", "/model/medsam2", [], ("file", "mine.safetensors", other))).Status);
        Assert.Equal(put.Json["checksum"]!.GetValue<string>(), await ChecksumAsync());
    }

    [Fact]
    public async Task Weights_of_another_network_or_none_at_all_are_refused_and_nothing_changes()
    {
        var first = await ChecksumAsync();
        var toy = await File.ReadAllBytesAsync(Path.Combine(RepositoryPaths.Root, "tests", "golden", "toy", "toy.safetensors"), TestContext.Current.CancellationToken);
        var whole = (await Client.GetAsync("/model/medsam2")).Body;
        foreach (var (name, content) in new[] { ("toy.safetensors", toy), ("cut.safetensors", whole[..^100]), ("noise.safetensors", "no weights"u8.ToArray()), ("noise.pt", "no weights"u8.ToArray()), ("weights.exe", whole) })
        {
            var answer = await Client.MultipartAsync("PUT", "/model/medsam2", [], ("file", name, content));
            Assert.True(answer.Status == 422, $"{name}: {answer.Status} {answer.Text}");
            Assert.DoesNotContain(_server.DataFolder, answer.Text, StringComparison.Ordinal);
        }

        Assert.Equal(422, (await Client.MultipartAsync("PUT", "/model/medsam2", [("other", "x")])).Status);
        Assert.Equal(404, (await Client.MultipartAsync("PUT", "/model/none", [], ("file", "x.safetensors", toy))).Status);
        Assert.Equal(first, await ChecksumAsync());
        Assert.Empty(Directory.GetDirectories(Path.Combine(_server.DataFolder, "models"), ".incoming*"));
    }

    private async Task<(int Status, string Text)> DeleteAsync()
    {
        var answer = await Client.DeleteAsync("/model/medsam2");
        return (answer.Status, answer.Text);
    }

    private async Task<string> ChecksumAsync() => (await Client.GetAsync("/model/info/medsam2")).Json!["checksum"]!.GetValue<string>();
}
