using MedSam2.Server.Device;
using MedSam2.Server.Hubs.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>Streams along several orientations that lose their connection, on a server that has other things to do.</summary>
public sealed class ResumedStreamTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Image = TwoBalls.Image;
    private const int Slices = TwoBalls.Slices;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_object_along_six_orientations_goes_on_after_each_cut_to_what_would_have_come()
    {
        await TwoBalls.UploadAsync(server);
        string expected;
        await using (var calm = await HubClient.ConnectAsync(server.Address))
        {
            var (id, _) = await BeginAsync(calm);
            await ReadAsync(calm, id, resumeFrom: null, most: int.MaxValue);
            expected = await calm.MasksAsync(id);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var device = server.Services.GetRequiredService<DeviceWorker>();
        Task[] others = [ClickAsync(enough.Token), CarryAsync(enough.Token), Quietly(device.RunStepsAsync(DevicePriority.Batch, Work, enough.Token))];

        var client = await HubClient.ConnectAsync(server.Address);
        var (session, has) = await BeginAsync(client);
        List<MaskFrame> received = [];
        foreach (var most in (int[])[1, 3, 4, int.MaxValue])
        {
            var frames = await ReadAsync(client, session, has, most);
            // Where the fusion replaced a frame before it was sent, its number is left out.
            Assert.All(frames.Select(frame => frame.Sequence).Prepend(has).Zip(frames), pair => Assert.True(pair.Second.Sequence > pair.First));
            received.AddRange(frames);
            has = received[^1].Sequence;
            await client.DisposeAsync(); // the line is cut
            client = await HubClient.ConnectAsync(server.Address);
            await client.JoinAsync(session);
        }

        Assert.All(received, frame => Assert.Equal(2, frame.ObjectId));
        Assert.Equal(Slices, received.Max(frame => frame.Done));
        Assert.Equal(Enumerable.Range(0, Slices).Where(k => k != Slices / 2), received.Select(frame => frame.Index).Distinct().Order());
        Assert.Equal(expected, await client.MasksAsync(session));
        var held = received.GroupBy(frame => frame.Index).Select(slice => slice.Last());
        Assert.Equal(HubClient.Describe((await client.StateAsync(session)).Frames.Where(frame => frame is { ObjectId: 2, Pinned: false })), HubClient.Describe(held));

        // All of it is done: asked for once more, nothing is computed and nothing sent.
        Assert.Empty(await ReadAsync(client, session, has, int.MaxValue));
        await client.DisposeAsync();
        await enough.CancelAsync();
        await Task.WhenAll(others);
    }

    [Fact]
    public async Task Objects_without_a_prompt_in_the_plane_hold_up_nobody_elses_propagation()
    {
        await TwoBalls.UploadAsync(server);
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(Image)).SessionId;
        await client.ClickAsync(id, 7, 7, Slices / 2);
        await client.CallAsync<PromptAnswer>("Prompt", new PromptRequest { SessionId = id, ObjectId = 2, Plane = "j", Index = 16, Points = [new() { At = [16, 16, Slices / 2] }] });
        await client.ClickAsync(id, 16, 16, Slices / 2, objectId: 3);
        await client.CallAsync<Change>("Reset", new ObjectRequest { SessionId = id, ObjectId = 3 });

        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.PropagateAllAsync(id, 3)), StringComparison.Ordinal);
        var frames = await client.PropagateAllAsync(id);
        Assert.Equal(Slices - 1, frames.Count);
        Assert.All(frames, frame => Assert.Equal(1, frame.ObjectId));
    }

    /// <summary>One object that is done, and a prompt for a second one.</summary>
    private static async Task<(string Session, long Sequence)> BeginAsync(HubClient client)
    {
        var id = (await client.OpenAsync(Image)).SessionId;
        await client.ClickAsync(id, 7, 7, Slices / 2);
        await client.PropagateAllAsync(id, 1);
        return (id, (await client.ClickAsync(id, 16, 16, Slices / 2, objectId: 2)).Frame.Sequence);
    }

    private static async Task<List<MaskFrame>> ReadAsync(HubClient client, string session, long? resumeFrom, int most)
    {
        List<MaskFrame> frames = [];
        await foreach (var frame in client.PropagateAsync(new() { SessionId = session, ObjectIds = [2], Orientations = "six", ResumeFrom = resumeFrom }, Stop))
        {
            frames.Add(frame);
            if (frames.Count == most)
                break;
        }

        return frames;
    }

    private async Task ClickAsync(CancellationToken stop)
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        for (var n = 0; !stop.IsCancellationRequested; n++)
            await client.ClickAsync(id, 62 + (n % 20), 12 + (n % 12), n % TestSeries.Slices, objectId: 1 + (n % 5));
    }

    private async Task CarryAsync(CancellationToken stop)
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        while (!stop.IsCancellationRequested)
        {
            await client.BoxAsync(id);
            await client.PropagateAllAsync(id);
        }
    }

    private static IEnumerable<bool> Work(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Thread.Sleep(1);
            yield return true;
        }
    }

    private static async Task Quietly(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }
}
