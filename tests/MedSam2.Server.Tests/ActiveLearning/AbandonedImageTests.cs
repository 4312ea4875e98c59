using System.Diagnostics;
using MedSam2.Server.Tests.FineTuning;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.ActiveLearning;

public sealed class AbandonedImageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_image_that_somebody_was_handed_and_left_comes_back_after_its_time_and_not_before()
    {
        const double hold = 4.8, resolution = 1; // seconds
        using var server = await ToyServer.StartAsync(folder, "--MedSam2:ActiveLearning:HoldMinutes=0.08");
        await LabelledFiles.UploadAsync(server.Client, 1, labelled: false);
        var since = Stopwatch.StartNew();
        Assert.Equal("v0", await NextAsync("anna"));

        string? next;
        while ((next = await NextAsync("ben")) is null)
            await Task.Delay(100, Stop);

        Assert.Equal("v0", next);
        Assert.True(since.Elapsed.TotalSeconds >= hold - resolution, $"It came back after {since.Elapsed}.");
        // Now it is his.
        Assert.Equal("v0", await NextAsync("ben"));

        async Task<string?> NextAsync(string client)
        {
            var answer = await server.Client.JsonAsync("POST", "/activelearning/first", $$"""{"client_id": "{{client}}"}""");
            Assert.Equal(200, answer.Status);
            return answer.Json!["id"]?.GetValue<string>();
        }
    }
}
