using System.Runtime.CompilerServices;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using Orleans.Concurrency;

namespace MedSam2.Server.Sessions.Grains;

/// <summary>
/// Holds a session in memory while it is used. It computes nothing: it waits for the device, and meanwhile other calls come
/// in. Their order is that in which they reach the device, whose queue takes one caller's work in the order of arrival.
/// </summary>
[Reentrant]
internal sealed class SessionGrain(SessionOpener opener) : Grain, ISessionGrain
{
    private Task<SessionHost>? _host;
    private bool _isForgotten;

    private string Id => this.GetPrimaryKeyString();

    public async Task<SessionInfo> Create(OpenSessionRequest request, Caller caller, CancellationToken cancellation)
    {
        _host = opener.CreateAsync(Id, request, caller.User, cancellation);
        return await (await _host).JoinAsync(created: true, caller, cancellation);
    }

    public Task<SessionInfo> Join(OpenSessionRequest request, Caller caller, CancellationToken cancellation) => UseAsync(host =>
    {
        SessionOpener.RequireSame(request, host.Source);
        return host.JoinAsync(created: false, caller, cancellation);
    });

    public Task<PromptAnswer> Prompt(PromptRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.PromptAsync(request, caller, cancellation));

    public async IAsyncEnumerable<MaskFrame> Propagate(PropagateRequest request, Caller caller, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var host = await HostAsync();
        try
        {
            await foreach (var frame in host.PropagateAsync(request, caller, cancellation))
                yield return frame;
        }
        finally
        {
            LeaveWhereFailed(host);
        }
    }

    public Task<Change> Undo(Caller caller, CancellationToken cancellation) => UseAsync(host => host.MoveAsync(redo: false, caller, cancellation));

    public Task<Change> Redo(Caller caller, CancellationToken cancellation) => UseAsync(host => host.MoveAsync(redo: true, caller, cancellation));

    public Task<Change> RemoveObject(ObjectRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.RemoveAsync(request, caller, cancellation));

    public Task<Change> RenameObject(RenameObjectRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.RenameAsync(request, caller, cancellation));

    public Task<Change> ClearSlice(SliceRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.ClearSliceAsync(request, caller, cancellation));

    public Task<Change> Reset(ObjectRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.ResetAsync(request, caller, cancellation));

    public Task<Change> LoadLabel(LoadLabelRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.LoadAsync(request, caller, cancellation));

    public Task<SessionState> Mask(ObjectRequest request, CancellationToken cancellation) => UseAsync(host => host.StateAsync(request.ObjectId, cancellation));

    public Task<UncertaintyAnswer> Uncertainty(SliceRequest request, CancellationToken cancellation) => UseAsync(host => host.UncertaintyAsync(request, cancellation));

    public Task<StoredLabel> Commit(CommitRequest request, Caller caller, CancellationToken cancellation) =>
        UseAsync(host => host.CommitAsync(request, caller, cancellation));

    public async Task Close(bool discard)
    {
        if (discard)
        {
            // First out of memory: nothing may be kept of it any more once it is forgotten.
            _isForgotten = true;
            await LetGoAsync();
            await opener.ForgetAsync(Id);
        }

        DeactivateOnIdle();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await LetGoAsync();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private async Task LetGoAsync()
    {
        var host = _host;
        _host = null;
        if (host is { IsCompletedSuccessfully: true })
            await (await host).DisposeAsync();
    }

    private async Task<T> UseAsync<T>(Func<SessionHost, Task<T>> use)
    {
        var host = await HostAsync();
        try
        {
            return await use(host);
        }
        finally
        {
            LeaveWhereFailed(host);
        }
    }

    private Task<SessionHost> HostAsync()
    {
        if (_isForgotten)
            throw RequestException.NotFound("The session was closed and forgotten. Open a new one with OpenSession.");
        if (_host is null or { IsFaulted: true } or { IsCanceled: true })
            _host = opener.ResumeAsync(Id, CancellationToken.None);
        return _host;
    }

    /// <summary>What could not be kept must not be seen: the session comes back as it was kept.</summary>
    private void LeaveWhereFailed(SessionHost host)
    {
        if (host.HasFailed)
            DeactivateOnIdle();
    }
}
