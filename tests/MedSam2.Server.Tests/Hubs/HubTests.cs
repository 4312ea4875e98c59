using MedSam2.Server.Hubs.Contracts;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class HubTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_box_is_answered_and_carried_through_the_volume_nearest_slice_first(bool json)
    {
        await using var client = await HubClient.ConnectAsync(server.Address, json);
        var session = await client.OpenAsync(TestSeries.Uid);
        Assert.True(session.Created);
        Assert.Equal([TestSeries.Columns, TestSeries.Rows, TestSeries.Slices], session.Dimensions);
        Assert.Equal(TestSeries.Slices, session.Instances.Count);
        Assert.Equal([0.8, 0, 0, -30, 0, 0.9, 0, -20, 0, 0, 3, -100, 0, 0, 0, 1], session.Affine);

        var answer = await client.BoxAsync(session.SessionId);
        Assert.Equal((1L, 1, "k", TestSeries.MiddleSlice, true), (answer.Frame.Sequence, answer.Frame.ObjectId, answer.Frame.Plane, answer.Frame.Index, answer.Frame.Pinned));
        var mask = HubClient.Decode(answer.Frame, TestSeries.Columns, TestSeries.Rows);
        Assert.True(mask[(TestSeries.Block.I0 + TestSeries.Block.I1) / 2, (TestSeries.Block.J0 + TestSeries.Block.J1) / 2]);
        Assert.Equal([TestSeries.Block.I0, TestSeries.Block.J0, TestSeries.MiddleSlice], Assert.Single(answer.Object.Prompts).Box!.Min!);

        var frames = await client.PropagateAllAsync(session.SessionId);
        Assert.Equal([5, 3, 6, 2, 7, 1, 8, 0, 9], frames.Select(frame => frame.Index));
        Assert.Equal(Enumerable.Range(2, 9), frames.Select(frame => (int)frame.Sequence));
        Assert.Equal((TestSeries.Slices, TestSeries.Slices), (frames[^1].Done, frames[^1].Total));

        // Nothing changed, so nothing is sent.
        Assert.Empty(await client.PropagateAllAsync(session.SessionId));
        var state = await client.StateAsync(session.SessionId);
        Assert.Equal(TestSeries.Slices, state.Frames.Count);
        Assert.Equal(10, state.Sequence);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(null, true)]
    [InlineData(true, false)]
    public async Task Masks_are_those_that_HTTP_clients_get(bool? ofSession, bool? ofPrompt)
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var session = await client.OpenAsync(TestSeries.Uid, new() { CloserLook = ofSession });
        Assert.Equal(ofSession ?? false, session.CloserLook);
        await client.BoxAsync(session.SessionId, closerLook: ofPrompt);
        await client.PropagateAllAsync(session.SessionId);
        var expected = await server.MaskAsync(new { roi = TestSeries.Roi(TestSeries.MiddleSlice, TestSeries.MiddleSlice), closer_look = ofPrompt ?? ofSession });

        foreach (var frame in (await client.StateAsync(session.SessionId)).Frames)
        {
            var mask = HubClient.Decode(frame, TestSeries.Columns, TestSeries.Rows);
            Assert.Equal(expected.ReadSlice(Imaging.Geometry.SliceAxis.K, frame.Index, 1).Pixels, mask.Pixels);
        }
    }

    [Fact]
    public async Task Refusals_have_stable_codes_and_change_nothing()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(() => client.OpenAsync("1.2.3")), StringComparison.Ordinal);
        Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(() => client.JoinAsync("nobody")), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.OpenAsync(TestSeries.Uid, new() { Bank = "lifo" })), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.OpenAsync(TestSeries.Uid, new() { Capacity = 0 })), StringComparison.Ordinal);

        var session = await client.OpenAsync(TestSeries.Uid);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.ClickAsync(session.SessionId, 500, 3, 4)), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.ClickAsync(session.SessionId, double.NaN, 3, 4)), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.ClickAsync(session.SessionId, 3, 3, 10)), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.ClickAsync(session.SessionId, 3, 3, 4, objectId: 0)), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.PropagateAsync(new() { SessionId = session.SessionId, ObjectIds = [7] }).ToListAsync().AsTask()), StringComparison.Ordinal);
        Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(() => client.Connection.StreamAsync<JobUpdate>("WatchJob", new WatchJobRequest { JobId = "none" }).ToListAsync().AsTask()), StringComparison.Ordinal);
        Assert.Empty((await client.StateAsync(session.SessionId)).Objects);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_ends_its_connection_and_no_session()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var session = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(session);
        var ended = new TaskCompletionSource();
        client.Connection.Closed += _ =>
        {
            ended.SetResult();
            return Task.CompletedTask;
        };
        await Assert.ThrowsAnyAsync<Exception>(() => client.CallAsync<PromptAnswer>(
            "Prompt", new PromptRequest { SessionId = session, ObjectId = 1, Index = 3, Mask = new() { Box = [0, 0, 9, 9], Runs = new byte[2 << 20] } }));
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        await using var again = await HubClient.ConnectAsync(server.Address);
        Assert.False((await again.JoinAsync(session)).Created);
        Assert.Single((await again.StateAsync(session)).Frames);
    }

    [Fact]
    public async Task Cancelling_a_stream_stops_it_and_the_next_one_goes_on_where_it_was()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var session = await client.OpenAsync(TestSeries.Uid);
        await client.BoxAsync(session.SessionId);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var frame in client.PropagateAsync(new() { SessionId = session.SessionId }, stop.Token))
                    await stop.CancelAsync();
            });
        }

        var reached = (await client.StateAsync(session.SessionId)).Sequence;
        var rest = await client.PropagateAllAsync(session.SessionId);
        Assert.Equal(TestSeries.Slices - reached, rest.Count);
        Assert.Equal(Enumerable.Range(1, (int)(TestSeries.Slices - reached)).Select(n => reached + n), rest.Select(frame => frame.Sequence));
    }
}
