using System.Net;
using Xunit;

namespace MedSam2.Server.Tests.Observability;

public sealed class ObservabilityTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Metrics_tell_of_requests_and_of_the_volumes_in_memory_and_of_nobody()
    {
        (await server.InferAsync(new { foreground = new[] { new[] { 20, 20, 4 } } })).Dispose();

        var metrics = await server.Http.GetStringAsync("metrics", TestContext.Current.CancellationToken);

        Assert.Contains("http_server_request_duration_seconds_count", metrics, StringComparison.Ordinal);
        // No value: the exporter listens to all servers of a process, and this one has several.
        Assert.Contains("medsam2_volume_cache_size_bytes{", metrics, StringComparison.Ordinal);
        Assert.Contains("medsam2_device_step_duration_seconds_count{", metrics, StringComparison.Ordinal);
        Assert.Contains("priority=\"propagation\"", metrics, StringComparison.Ordinal);
        Assert.Contains("medsam2_device_queue_length{", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(TestSeries.Uid, metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("health/live")]
    [InlineData("health/ready")]
    public async Task A_running_server_is_healthy(string address)
    {
        using var answer = await server.Http.GetAsync(address, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_server_that_cannot_store_is_not_ready_and_says_why()
    {
        var elsewhere = server.DataFolder + "-away";
        Directory.Move(server.DataFolder, elsewhere);
        try
        {
            using var answer = await server.Http.GetAsync("health/ready", TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("data: Unhealthy", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Move(elsewhere, server.DataFolder);
        }
    }
}
