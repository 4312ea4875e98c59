using System.Text.Json;
using MedSam2.Server.Device;
using MedSam2.Server.Tests.Hubs;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>What a request leaves behind for the next one: no memory after a failure, no volume that is no longer the image.</summary>
public sealed class LeftBehindTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_that_fail_or_whose_sender_goes_away_leave_no_tensor_behind()
    {
        await using var server = new RunningServer();
        // Without sessions that are kept on purpose, nothing may be left at all.
        await server.StartAsync("--MedSam2:Inference:WarmSessions=0");
        await server.MaskAsync(new { roi = TestSeries.Roi(4, 4) }); // position tables that the network keeps
        var before = await LiveAsync(server);

        for (var n = 0; n < 3; n++)
        {
            await server.MaskAsync(new { roi = TestSeries.Roi(4, 4) }, "medsam2_2d");
            using var refused = await server.InferAsync(new { roi = TestSeries.Roi(4, 4), label_info = new[] { new { name = "x" } }, save_label = true, label_tag = "../x" });
            Assert.Equal(422, (int)refused.StatusCode);
            using var failed = await server.InferAsync(new { foreground = new[] { new[] { 70, 17, 4 }, new[] { 700, 17, 4 } } });
            Assert.False(failed.IsSuccessStatusCode);
            await GoAwayAsync(server, TimeSpan.FromMilliseconds(20 * n));
        }

        await Waiting.ForAsync(() => LiveAsync(server).GetAwaiter().GetResult() == before);
    }

    [Fact]
    public async Task An_image_that_was_put_again_is_read_again()
    {
        await using var server = new RunningServer();
        await server.StartAsync();
        var client = new PlainClient(server.Address);
        foreach (var shift in new[] { 0, 40 })
        {
            Assert.Equal(200, (await client.MultipartAsync("PUT", "/datastore/?image=again", [], ("file", "x.nii", TestVolumes.Shifted(shift, compress: false)))).Status);
            using var form = new MultipartFormDataContent { { new StringContent(JsonSerializer.Serialize(new { foreground = new[] { new[] { 70 - shift, 17, 4 } } })), "params" } };
            using var answer = await server.Http.PostAsync("infer/medsam2_2d?image=again", form, Stop);
            var mask = (await RunningServer.ReadAsync(answer)).Mask;
            var inside = Enumerable.Range(0, TestSeries.Columns).Sum(i => Enumerable.Range(0, TestSeries.Rows).Count(j => mask[i, j, 4] != 0 && TestSeries.InBlock(i + shift, j, 4, margin: 1)));
            Assert.True(inside > 200 && inside > 0.8 * mask.Count(1), $"Shifted by {shift}: {inside} of {mask.Count(1)} voxels lie at the block.");
        }
    }

    private static async Task GoAwayAsync(RunningServer server, TimeSpan after)
    {
        using var away = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        away.CancelAfter(after);
        using var form = new MultipartFormDataContent { { new StringContent(JsonSerializer.Serialize(new { roi = TestSeries.Roi(4, 4) })), "params" } };
        try
        {
            using var answer = await server.Http.PostAsync($"infer/medsam2?image={TestSeries.Uid}", form, away.Token);
        }
        catch (OperationCanceledException) when (!Stop.IsCancellationRequested)
        {
            // As it should be; an answer that was faster does no harm.
        }
    }

    private static Task<long> LiveAsync(RunningServer server) => server.Services.GetRequiredService<DeviceWorker>().RunAsync(
        DevicePriority.Batch, _ => DisposeScopeManager.Statistics.ThreadTotalLiveCount, Stop);
}
