using System.Collections.Concurrent;
using MedSam2.Imaging.Masks;
using MedSam2.Server.Hubs;
using MedSam2.Server.Hubs.Contracts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>The real SignalR client on a real socket.</summary>
internal sealed class HubClient : IAsyncDisposable
{
    private HubClient(HubConnection connection) => Connection = connection;

    public HubConnection Connection { get; }

    /// <summary>Frames that other connections caused.</summary>
    public ConcurrentQueue<MaskFrame> Seen { get; } = [];

    public ConcurrentQueue<Change> Changes { get; } = [];

    /// <summary>Who joined, who left, and what was committed, in their order.</summary>
    public ConcurrentQueue<string> News { get; } = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<HubClient> ConnectAsync(Uri server, bool json = false)
    {
        var builder = new HubConnectionBuilder().WithUrl(new Uri(server, SegmentationHub.Path));
        if (!json)
            builder.AddMessagePackProtocol();
        var client = new HubClient(builder.Build());
        client.Connection.On<string, MaskFrame[]>(nameof(ISegmentationClient.Frames), (_, frames) =>
        {
            foreach (var frame in frames)
                client.Seen.Enqueue(frame);
        });
        client.Connection.On<string, Change>(nameof(ISegmentationClient.Changed), (_, change) => client.Changes.Enqueue(change));
        client.Connection.On<string, string>(nameof(ISegmentationClient.Joined), (_, user) => client.News.Enqueue($"{user} joined"));
        client.Connection.On<string, string>(nameof(ISegmentationClient.Left), (_, user) => client.News.Enqueue($"{user} left"));
        client.Connection.On<string, StoredLabel>(nameof(ISegmentationClient.Committed), (_, stored) => client.News.Enqueue($"committed {stored.Tag}"));
        await client.Connection.StartAsync(Stop);
        return client;
    }

    public Task<T> CallAsync<T>(string method, object request) => Connection.InvokeAsync<T>(method, request, Stop);

    public Task<SessionInfo> OpenAsync(string image, SegmentationOptions? options = null) =>
        CallAsync<SessionInfo>("OpenSession", new OpenSessionRequest { Image = image, Options = options });

    public Task<SessionInfo> JoinAsync(string sessionId, string? user = null) =>
        CallAsync<SessionInfo>("OpenSession", new OpenSessionRequest { SessionId = sessionId, User = user });

    /// <summary>The block of <see cref="TestSeries"/>, boxed on a slice.</summary>
    public Task<PromptAnswer> BoxAsync(string sessionId, int objectId = 1, int index = TestSeries.MiddleSlice, bool? closerLook = null) => CallAsync<PromptAnswer>("Prompt", new PromptRequest
    {
        SessionId = sessionId,
        ObjectId = objectId,
        Index = index,
        Box = new() { Min = [TestSeries.Block.I0, TestSeries.Block.J0, index], Max = [TestSeries.Block.I1, TestSeries.Block.J1, index] },
        CloserLook = closerLook,
    });

    public Task<PromptAnswer> ClickAsync(string sessionId, double i, double j, int k, bool include = true, int objectId = 1) => CallAsync<PromptAnswer>(
        "Prompt", new PromptRequest { SessionId = sessionId, ObjectId = objectId, Index = k, Points = [new() { At = [i, j, k], Include = include }] });

    public IAsyncEnumerable<MaskFrame> PropagateAsync(PropagateRequest request, CancellationToken cancellation = default) =>
        Connection.StreamAsync<MaskFrame>("Propagate", request, cancellation);

    /// <param name="sessionId">The session.</param>
    /// <param name="objectIds">None: all objects.</param>
    public async Task<List<MaskFrame>> PropagateAllAsync(string sessionId, params int[] objectIds)
    {
        List<MaskFrame> frames = [];
        await foreach (var frame in PropagateAsync(new() { SessionId = sessionId, ObjectIds = objectIds }, Stop))
            frames.Add(frame);
        return frames;
    }

    public Task<SessionState> StateAsync(string sessionId) => CallAsync<SessionState>("Mask", new ObjectRequest { SessionId = sessionId });

    public Task<Change> UndoAsync(string sessionId) => CallAsync<Change>("Undo", new SessionRequest { SessionId = sessionId });

    public Task<Change> RedoAsync(string sessionId) => CallAsync<Change>("Redo", new SessionRequest { SessionId = sessionId });

    public Task CloseAsync(string sessionId, bool discard = false) =>
        Connection.InvokeAsync("CloseSession", new CloseSessionRequest { SessionId = sessionId, Discard = discard }, Stop);

    /// <summary>All masks, as one text that can be compared.</summary>
    public async Task<string> MasksAsync(string sessionId) => Describe((await StateAsync(sessionId)).Frames);

    /// <summary>Frames without their numbers and places in a propagation, in the order of slices.</summary>
    public static string Describe(IEnumerable<MaskFrame> frames) => string.Join('\n', frames
        .OrderBy(f => (f.ObjectId, f.Plane, f.Index))
        .Select(f => $"{f.ObjectId} {f.Plane}{f.Index} {string.Join(',', f.Box)} {Convert.ToHexString(f.Runs)} {f.Iou:R} {f.Presence:R} {f.Pinned}"));

    /// <summary>The code and text of a refusal.</summary>
    public static async Task<string> RefusalAsync(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<HubException>(call);
        return refused.Message.Split("HubException: ")[1];
    }

    public static Mask Decode(MaskFrame frame, int width, int height) =>
        new MaskRuns(new PixelBox(frame.Box[0], frame.Box[1], frame.Box[2] - frame.Box[0], frame.Box[3] - frame.Box[1]), frame.Runs).Decode(width, height);

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}
