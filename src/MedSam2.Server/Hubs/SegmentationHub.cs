using System.Runtime.CompilerServices;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Jobs;
using MedSam2.Server.Sessions;
using MedSam2.Server.Sessions.Audience;
using MedSam2.Server.Sessions.Grains;
using Microsoft.AspNetCore.SignalR;

namespace MedSam2.Server.Hubs;

/// <summary>
/// Interactive segmentation, streamed. The contract is docs/streaming.md. A method hands its request on and its answer back;
/// what goes wrong becomes a <see cref="HubException"/> in <see cref="HubErrors"/>.
/// </summary>
internal sealed class SegmentationHub(SessionGateway sessions, SessionAudience audience, JobService jobs, HubErrors errors) : Hub<ISegmentationClient>
{
    public const string Path = "/hubs/segmentation";

    private const string UserKey = "user", Nobody = "anonymous";

    private const int LongestUser = 64;

    private CancellationToken Gone => Context.ConnectionAborted;

    private Caller Caller => new(Context.ConnectionId, Context.Items[UserKey] as string ?? Nobody);

    public Task<SessionInfo> OpenSession(OpenSessionRequest request)
    {
        // Who logged in has a name; only where nobody does, people say it themselves.
        var user = Context.User?.Identity?.Name ?? request.User;
        if (!string.IsNullOrWhiteSpace(user))
            Context.Items[UserKey] = user.Trim() is { Length: > LongestUser } name ? name[..LongestUser] : user.Trim();
        return sessions.OpenAsync(request, Caller, Gone);
    }

    public async Task<PromptAnswer> Prompt(PromptRequest request) => await (await SessionAsync(request.SessionId)).Prompt(request, Caller, Gone);

    public IAsyncEnumerable<MaskFrame> Propagate(PropagateRequest request, CancellationToken cancellation) =>
        errors.MapAsync(nameof(Propagate), sessions.PropagateAsync(request, Caller, cancellation), cancellation);

    public async Task<Change> Undo(SessionRequest request) => await (await SessionAsync(request.SessionId)).Undo(Caller, Gone);

    public async Task<Change> Redo(SessionRequest request) => await (await SessionAsync(request.SessionId)).Redo(Caller, Gone);

    public async Task<Change> RemoveObject(ObjectRequest request) => await (await SessionAsync(request.SessionId)).RemoveObject(request, Caller, Gone);

    public async Task<Change> RenameObject(RenameObjectRequest request) => await (await SessionAsync(request.SessionId)).RenameObject(request, Caller, Gone);

    public async Task<Change> ClearSlice(SliceRequest request) => await (await SessionAsync(request.SessionId)).ClearSlice(request, Caller, Gone);

    public async Task<Change> Reset(ObjectRequest request) => await (await SessionAsync(request.SessionId)).Reset(request, Caller, Gone);

    public async Task<Change> LoadLabel(LoadLabelRequest request) => await (await SessionAsync(request.SessionId)).LoadLabel(request, Caller, Gone);

    public async Task<SessionState> Mask(ObjectRequest request) => await (await SessionAsync(request.SessionId)).Mask(request, Gone);

    public async Task<UncertaintyAnswer> Uncertainty(SliceRequest request) => await (await SessionAsync(request.SessionId)).Uncertainty(request, Gone);

    public async Task<StoredLabel> Commit(CommitRequest request) => await (await SessionAsync(request.SessionId)).Commit(request, Caller, Gone);

    public Task CloseSession(CloseSessionRequest request) => sessions.CloseAsync(request, Context.ConnectionId, Gone);

    public IAsyncEnumerable<JobUpdate> WatchJob(WatchJobRequest request, CancellationToken cancellation) =>
        errors.MapAsync(nameof(WatchJob), WatchJobAsync(request, cancellation), cancellation);

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        await audience.LeaveAllAsync(Context.ConnectionId);
        await base.OnDisconnectedAsync(exception);
    }

    private Task<ISessionGrain> SessionAsync(string? id) => sessions.SessionAsync(id, Gone);

    private async IAsyncEnumerable<JobUpdate> WatchJobAsync(WatchJobRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var known = false;
        await foreach (var job in jobs.WatchAsync(request.JobId ?? "", cancellation))
        {
            known = true;
            yield return new()
            {
                JobId = job.Id,
                Kind = job.Kind,
                State = job.State.ToString().ToUpperInvariant(),
                Done = job.Done,
                Total = job.Total,
                Metrics = job.Metrics,
                Message = job.Message,
            };
        }

        if (!known)
            throw RequestException.NotFound("There is no job of this id.");
    }
}
