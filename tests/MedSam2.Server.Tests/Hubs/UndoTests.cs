using MedSam2.Server.Hubs.Contracts;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class UndoTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Fifty_steps_are_undone_and_redone_to_the_byte()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        List<string> states = [await client.MasksAsync(id)];
        for (var n = 0; n < 52; n++)
        {
            switch (n)
            {
                case 20:
                    await client.PropagateAllAsync(id);
                    break;
                case 30:
                    await client.CallAsync<Change>("RemoveObject", new ObjectRequest { SessionId = id, ObjectId = 2 });
                    break;
                default:
                    await client.ClickAsync(id, 62 + (n % 20), 12 + (n % 12), 2 + (n % 6), include: n % 7 != 6, objectId: 1 + (n % 3));
                    break;
            }

            states.Add(await client.MasksAsync(id));
        }

        for (var n = 51; n >= 0; n--)
        {
            await client.UndoAsync(id);
            Assert.Equal(states[n], await client.MasksAsync(id));
        }

        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.UndoAsync(id)), StringComparison.Ordinal);
        for (var n = 1; n <= 52; n++)
        {
            await client.RedoAsync(id);
            Assert.Equal(states[n], await client.MasksAsync(id));
        }

        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.RedoAsync(id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_follows_an_undo_is_what_would_have_followed()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var plain = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(plain);
        await client.PropagateAllAsync(plain);
        await client.ClickAsync(plain, 70, 18, 7);
        await client.PropagateAllAsync(plain);

        var undone = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(undone);
        await client.PropagateAllAsync(undone);
        await client.ClickAsync(undone, 20, 50, 3);
        await client.UndoAsync(undone);
        await client.ClickAsync(undone, 70, 18, 7);
        await client.PropagateAllAsync(undone);

        Assert.Equal(await client.MasksAsync(plain), await client.MasksAsync(undone));
    }

    [Fact]
    public async Task An_undo_tells_what_it_changed_and_what_comes_next()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        await client.PropagateAllAsync(id);

        var change = await client.UndoAsync(id);
        Assert.Equal(TestSeries.Slices - 1, change.Frames.Count);
        Assert.All(change.Frames, frame => Assert.Empty(frame.Runs));
        Assert.Equal((true, true), (change.History.CanUndo, change.History.CanRedo));
        Assert.Equal("Propagation of Object 1", change.History.Redo);
        Assert.Equal("Prompt on slice 4 of Object 1", change.History.Undo);
        Assert.Equal(1, Assert.Single(change.Objects).SliceCount);

        var gone = await client.UndoAsync(id);
        Assert.Equal([1], gone.Removed);
        Assert.Empty((await client.StateAsync(id)).Frames);

        // A new step takes the place of those that were undone.
        await client.BoxAsync(id);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.RedoAsync(id)), StringComparison.Ordinal);
    }
}
