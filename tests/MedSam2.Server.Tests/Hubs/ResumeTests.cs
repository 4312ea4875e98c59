using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Grains;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class ResumeTests
{
    [Fact]
    public async Task After_kill_9_the_same_session_has_the_same_masks_and_goes_on()
    {
        using var data = new TemporaryFolder();
        using var studies = new TemporaryFolder();
        TestSeries.WriteTo(studies.Path);
        string id, masks;
        List<MaskFrame> received = [];
        using (var server = await KilledServer.StartAsync(data.Path, studies.Path))
        {
            await using var client = await HubClient.ConnectAsync(server.Client.BaseAddress!);
            id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
            await client.BoxAsync(id);
            await client.PropagateAllAsync(id);
            await client.ClickAsync(id, 70, 18, 7);
            await client.CallAsync<Change>("RenameObject", new RenameObjectRequest { SessionId = id, ObjectId = 1, Name = "Block" });
            masks = await client.MasksAsync(id);

            // Killed in the middle of a propagation: what was received counts.
            await client.ClickAsync(id, 20, 50, 3, objectId: 2);
            await foreach (var frame in client.PropagateAsync(new() { SessionId = id, ObjectIds = [2] }))
            {
                received.Add(frame);
                if (received.Count == 3)
                    break;
            }

            server.Kill();
        }

        using (var server = await KilledServer.StartAsync(data.Path, studies.Path))
        {
            await using var client = await HubClient.ConnectAsync(server.Client.BaseAddress!);
            var session = await client.JoinAsync(id);
            Assert.False(session.Created);
            Assert.Equal(["Block", "Object 2"], session.Objects.Select(o => o.Name));
            var state = await client.StateAsync(id);
            Assert.Equal(masks, HubClient.Describe(state.Frames.Where(f => f.ObjectId == 1)));
            Assert.All(received, frame => Assert.Contains(HubClient.Describe([frame]), HubClient.Describe(state.Frames), StringComparison.Ordinal));
            Assert.True(state.Sequence >= received[^1].Sequence);

            // It goes on: to what would have come without the kill, and back to before it.
            var rest = await client.PropagateAllAsync(id);
            Assert.All(rest, frame => Assert.True(frame.Sequence > state.Sequence));
            var end = await client.MasksAsync(id);
            while ((await client.StateAsync(id)).History.CanUndo)
                await client.UndoAsync(id);
            Assert.Empty((await client.StateAsync(id)).Frames);

            var plain = (await client.OpenAsync(TestSeries.Uid)).SessionId;
            await client.BoxAsync(plain);
            await client.PropagateAllAsync(plain);
            await client.ClickAsync(plain, 70, 18, 7);
            await client.ClickAsync(plain, 20, 50, 3, objectId: 2);
            await client.PropagateAllAsync(plain);
            Assert.Equal(await client.MasksAsync(plain), end);
        }
    }

    [Fact]
    public async Task An_idle_session_leaves_memory_and_comes_back_as_it_was()
    {
        var server = new RunningServer();
        await using var _ = server;
        await server.StartAsync("--MedSam2:Streaming:SessionsPerUser=1");
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        Assert.Empty(await SpreadAsync());
        await client.PropagateAsync(new() { SessionId = id, Orientations = "triplanar" }).ToListAsync(TestContext.Current.CancellationToken);
        var masks = await client.MasksAsync(id);
        var spread = await SpreadAsync();
        Assert.Contains(spread, level => level > 0);
        Assert.StartsWith("busy: ", await HubClient.RefusalAsync(() => client.OpenAsync(TestSeries.Uid)), StringComparison.Ordinal);

        // Its place is free once it has left memory, and taken again when it comes back.
        await server.Services.GetRequiredService<SessionSilo>().CollectAsync(TimeSpan.Zero);
        var second = (await OpenSoonAsync(client)).SessionId;
        Assert.StartsWith("busy: ", await HubClient.RefusalAsync(() => client.MasksAsync(id)), StringComparison.Ordinal);
        await client.CloseAsync(second, discard: true);
        await Waiting.ForAsync(() => server.Services.GetRequiredService<MedSam2.Server.Sessions.SessionSlots>().Count == 0);
        Assert.Equal(masks, await client.MasksAsync(id));
        Assert.Equal(spread, await SpreadAsync());
        await client.UndoAsync(id);
        Assert.Empty(await SpreadAsync());
        await client.RedoAsync(id);
        Assert.Equal(spread, await SpreadAsync());
        Assert.Equal(6, (await client.ClickAsync(id, 70, 18, 6)).Frame.Index);
        Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(() => client.MasksAsync(second)), StringComparison.Ordinal);

        async Task<byte[]> SpreadAsync() =>
            (await client.CallAsync<UncertaintyAnswer>("Uncertainty", new SliceRequest { SessionId = id, ObjectId = 1, Index = TestSeries.MiddleSlice + 1 })).Values;
    }

    private static async Task<SessionInfo> OpenSoonAsync(HubClient client)
    {
        SessionInfo? opened = null;
        var tries = 0;
        while (opened is null)
        {
            try
            {
                opened = await client.OpenAsync(TestSeries.Uid);
            }
            catch (Microsoft.AspNetCore.SignalR.HubException) when (tries++ < 5000)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        return opened;
    }
}
