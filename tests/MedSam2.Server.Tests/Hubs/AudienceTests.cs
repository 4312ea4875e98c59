using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions;
using MedSam2.Server.Sessions.Audience;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class AudienceTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Everybody_in_a_session_sees_the_frames_that_the_others_cause_once()
    {
        await using var ada = await HubClient.ConnectAsync(server.Address);
        await using var grace = await HubClient.ConnectAsync(server.Address);
        var id = (await ada.OpenAsync(TestSeries.Uid)).SessionId;
        Assert.False((await grace.JoinAsync(id, "Grace")).Created);
        await Waiting.ForAsync(() => ada.News.Contains("Grace joined"));

        await ada.BoxAsync(id);
        var own = await ada.PropagateAllAsync(id);
        await Waiting.ForAsync(() => grace.Seen.Count >= TestSeries.Slices);
        Assert.Equal(Enumerable.Range(1, TestSeries.Slices), grace.Seen.Select(frame => (int)frame.Sequence));
        Assert.Equal(HubClient.Describe(own), HubClient.Describe(grace.Seen.Skip(1)));

        // The last writer of a slice wins, and undo is the session's.
        await grace.ClickAsync(id, 70, 18, 7);
        await Waiting.ForAsync(() => !ada.Seen.IsEmpty);
        Assert.Equal(7, Assert.Single(ada.Seen).Index);
        await ada.UndoAsync(id);
        await Waiting.ForAsync(() => grace.Seen.Count > TestSeries.Slices);
        Assert.Equal(7, grace.Seen.Last().Index);
        Assert.Equal(await ada.MasksAsync(id), await grace.MasksAsync(id));
        await Waiting.ForAsync(() => grace.Changes.Any(change => change.History is { CanRedo: true }));

        await grace.DisposeAsync();
        await Waiting.ForAsync(() => ada.News.Contains("Grace left"));
    }

    [Fact]
    public async Task A_client_that_was_away_is_sent_what_it_missed_and_nothing_twice()
    {
        await using var ada = await HubClient.ConnectAsync(server.Address);
        var id = (await ada.OpenAsync(TestSeries.Uid)).SessionId;
        await ada.BoxAsync(id);
        var has = 0L;
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var frame in ada.PropagateAsync(new() { SessionId = id }, stop.Token))
                {
                    has = frame.Sequence;
                    if (frame.Sequence == 4)
                        await stop.CancelAsync();
                }
            });
        }

        await ada.DisposeAsync();
        await using var again = await HubClient.ConnectAsync(server.Address);
        await again.JoinAsync(id);
        var rest = await again.PropagateAsync(new() { SessionId = id, ResumeFrom = has }).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range((int)has + 1, TestSeries.Slices - (int)has), rest.Select(frame => (int)frame.Sequence));
        Assert.Equal(TestSeries.Slices, (await again.StateAsync(id)).Frames.Count);
    }

    [Fact]
    public async Task A_click_on_an_object_ends_its_propagation_and_no_other()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        await client.BoxAsync(id, objectId: 2);
        var other = client.PropagateAsync(new() { SessionId = id, ObjectIds = [2] }).ToListAsync(TestContext.Current.CancellationToken);
        var refusal = await HubClient.RefusalAsync(async () =>
        {
            await foreach (var frame in client.PropagateAsync(new() { SessionId = id, ObjectIds = [1] }))
            {
                if (frame.Index == 5)
                    await client.ClickAsync(id, 70, 18, 4);
            }
        });

        Assert.StartsWith("gone: ", refusal, StringComparison.Ordinal);
        Assert.Equal(TestSeries.Slices - 1, (await other).Count);
    }

    [Fact]
    public async Task A_listener_that_does_not_read_holds_the_newest_frames_alone_and_nobody_up()
    {
        var events = new StuckEvents();
        var audience = new SessionAudience(events, NullLogger<SessionAudience>.Instance);
        await audience.JoinAsync("s", new("slow", "Slow"), 0);
        var frames = new FrameTable();
        for (var n = 0; n < 1000; n++)
        {
            frames.Put(new(1, Imaging.Geometry.SliceAxis.K, n % 3, Imaging.Masks.MaskRuns.Empty, n, 1, false), FrameStep.Single);
            audience.Publish("s", "fast", frames);
        }

        await Waiting.ForAsync(() => events.Sending.Task.IsCompleted);
        events.Go.SetResult();
        await Waiting.ForAsync(() => events.Sent.LastOrDefault()?.Sequence == 1000);
        Assert.InRange(events.Sent.Count, 3, 40);
        Assert.Equal(events.Sent.OrderBy(frame => frame.Sequence), events.Sent);
    }

    private sealed class StuckEvents : ISessionEvents
    {
        public TaskCompletionSource Sending { get; } = new();

        public TaskCompletionSource Go { get; } = new();

        public List<MaskFrame> Sent { get; } = [];

        public async Task FramesAsync(string session, string connection, IReadOnlyList<MaskFrame> frames)
        {
            Sending.TrySetResult();
            await Go.Task;
            Sent.AddRange(frames);
        }

        public Task ChangedAsync(string session, string connection, Change change) => Task.CompletedTask;

        public Task JoinedAsync(string session, IReadOnlyList<string> connections, string user) => Task.CompletedTask;

        public Task LeftAsync(string session, IReadOnlyList<string> connections, string user) => Task.CompletedTask;

        public Task CommittedAsync(string session, IReadOnlyList<string> connections, StoredLabel stored) => Task.CompletedTask;
    }
}
