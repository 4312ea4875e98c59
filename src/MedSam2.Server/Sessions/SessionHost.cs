using System.Runtime.CompilerServices;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Method;
using MedSam2.Server.Sessions.Labels;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>
/// A session in memory, with the network and the image that it needs. Has the device do what is asked, and answers once that
/// is kept. It computes nothing itself.
/// </summary>
/// <remarks>Safe for any number of callers: the device takes their calls one by one.</remarks>
internal sealed class SessionHost(string id, SessionSource source, SegmentationSession session, SessionServices services, SessionSlots.Slot slot) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly EncodeAhead _ahead = new(session, services.Device, services.Slots, services.Options.Value, slot);

    public string Id { get; } = id;

    public SessionSource Source { get; } = source;

    public SegmentationSession Session { get; } = session;

    /// <summary>Whether a change could not be kept: what is in memory is ahead of what is on disk, and has to go.</summary>
    public bool HasFailed { get; private set; }

    public async Task<SessionInfo> JoinAsync(bool created, Caller caller, CancellationToken cancellation)
    {
        var labels = await services.Labels.ListAsync(Source.ImageId, cancellation);
        var info = await OnDevice(_ => SessionInfoWriter.Describe(this, labels, created), cancellation);
        await services.Journal.TouchAsync(Id);
        await services.Audience.JoinAsync(Id, caller, info.Sequence);
        return info;
    }

    public async Task<PromptAnswer> PromptAsync(PromptRequest request, Caller caller, CancellationToken cancellation)
    {
        var answer = await KeptAsync(await OnDevice(stop => Session.Prompt(request, caller, stop), cancellation));
        Publish(caller, new() { Frames = [], Objects = [answer.Object], Removed = [], History = answer.History });
        _ahead.Around(Planes.Parse(answer.Frame.Plane), answer.Frame.Index, _closing.Token);
        return answer;
    }

    public async IAsyncEnumerable<MaskFrame> PropagateAsync(PropagateRequest request, Caller caller, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        try
        {
            await foreach (var step in services.Device.StreamAsync(DevicePriority.Propagation, token => Session.Propagate(request, Source.Orientations, caller, token), Session, stop.Token))
            {
                if (step is not { } written)
                    continue;
                var frame = await KeptAsync(written);
                Publish(caller, change: null);
                yield return frame;
            }
        }
        finally
        {
            await TellEndAsync(request);
        }
    }

    public async Task<Change> MoveAsync(bool redo, Caller caller, CancellationToken cancellation)
    {
        while (true)
        {
            var step = await KeptAsync(await OnDevice(_ => Session.PrepareMove(redo, caller), cancellation));
            var states = await services.Journal.ReadStatesAsync(Id, step.Objects, redo ? step.Number : step.Number - 1, cancellation);
            // Somebody else's call may have come between: then there is another step to undo.
            if (await OnDevice(_ => Session.Move(step, redo, states, caller), CancellationToken.None) is { } moved)
                return await PublishedAsync(moved, caller);
        }
    }

    public Task<Change> RemoveAsync(ObjectRequest request, Caller caller, CancellationToken cancellation) =>
        EditAsync(() => Session.Remove(request, caller), caller, cancellation);

    public Task<Change> ClearSliceAsync(SliceRequest request, Caller caller, CancellationToken cancellation) =>
        EditAsync(() => Session.ClearSlice(request, caller), caller, cancellation);

    public Task<Change> ResetAsync(ObjectRequest request, Caller caller, CancellationToken cancellation) =>
        EditAsync(() => Session.Reset(request, caller), caller, cancellation);

    public Task<Change> RenameAsync(RenameObjectRequest request, Caller caller, CancellationToken cancellation) =>
        EditAsync(() => Session.Rename(request, caller), caller, cancellation);

    public async Task<Change> LoadAsync(LoadLabelRequest request, Caller caller, CancellationToken cancellation)
    {
        var loaded = await services.Labels.LoadAsync(Source, request, cancellation);
        return await EditAsync(() => Session.Load(request, loaded, caller), caller, cancellation);
    }

    public Task<SessionState> StateAsync(int? objectId, CancellationToken cancellation) => OnDevice(_ => Session.State(objectId), cancellation);

    public Task<UncertaintyAnswer> UncertaintyAsync(SliceRequest request, CancellationToken cancellation) => OnDevice(_ => Session.Uncertainty(request), cancellation);

    public async Task<StoredLabel> CommitAsync(CommitRequest request, Caller caller, CancellationToken cancellation)
    {
        var plan = CommitPlan.Read(request);
        var content = new CommitContent();
        await services.Device.RunStepsAsync(DevicePriority.Click, _ => Session.Collect(plan, content), cancellation, Session);
        var method = MethodRecord.Describe(Source.Tracking, Source.Orientations, Session.Volume.Window);
        var stored = await services.Labels.StoreAsync(Source, plan, content.Objects, new(Source.Model, Id, content.LogHash, method, caller.User), cancellation);
        await services.Audience.CommittedAsync(Id, caller.ConnectionId, stored);
        return stored;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await services.Device.CleanUpAsync(
            () =>
            {
                Session.Dispose();
                Source.Lease.Dispose();
            },
            Session);
        slot.Dispose();
        _closing.Dispose();
    }

    private async Task<Change> EditAsync(Func<Written<Change>> edit, Caller caller, CancellationToken cancellation) =>
        await PublishedAsync(await OnDevice(_ => edit(), cancellation), caller);

    private async Task<Change> PublishedAsync(Written<Change> written, Caller caller)
    {
        var change = await KeptAsync(written);
        Publish(caller, change);
        return change;
    }

    /// <summary>A propagation has no answer of its own: what it did to objects and history is told to all, its caller too.</summary>
    private async Task TellEndAsync(PropagateRequest request)
    {
        if (_closing.IsCancellationRequested)
            return;
        try
        {
            var change = await OnDevice(
                _ => new Change
                {
                    Frames = [],
                    Objects = [.. Session.Objects().Where(o => request.ObjectIds is not { Count: > 0 } named || named.Contains(o.ObjectId))],
                    Removed = [],
                    History = Session.History,
                },
                CancellationToken.None);
            services.Audience.Publish(Id, from: "", Session.Frames, change);
        }
        catch (DeviceBusyException)
        {
            // The next call tells it; the propagation itself is done.
        }
    }

    private void Publish(Caller caller, Change? change)
    {
        slot.Bytes = Session.Volume.FeatureBytes;
        services.Audience.Publish(Id, caller.ConnectionId, Session.Frames, change);
    }

    private Task<T> OnDevice<T>(Func<CancellationToken, T> work, CancellationToken cancellation) =>
        services.Device.RunAsync(DevicePriority.Click, work, cancellation, Session);

    private async Task<T> KeptAsync<T>(Written<T> written)
    {
        try
        {
            await written.Kept;
            return written.Value;
        }
        catch (Exception exception)
        {
            HasFailed = true;
            throw new RequestException(
                StatusCodes.Status507InsufficientStorage,
                "The change could not be kept, so it does not count: the server's data folder cannot be written to. The session is as it was before; try again once that is mended.",
                exception);
        }
    }
}
