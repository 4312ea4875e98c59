using System.Runtime.CompilerServices;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Jobs;
using MedSam2.Server.Sessions;
using Microsoft.AspNetCore.SignalR;

namespace MedSam2.Server.Hubs;

/// <summary>
/// Interactive segmentation, streamed. The contract is docs/streaming.md. A method hands its request on and its answer back;
/// what goes wrong becomes a <see cref="HubException"/> in <see cref="HubErrors"/>.
/// </summary>
internal sealed class SegmentationHub(SessionService sessions, JobService jobs, HubErrors errors) : Hub<ISegmentationClient>
{
    public const string Path = "/hubs/segmentation";

    private CancellationToken Gone => Context.ConnectionAborted;

    public Task<SessionInfo> OpenSession(OpenSessionRequest request) => sessions.OpenAsync(request, Gone);

    public Task<PromptAnswer> Prompt(PromptRequest request) => sessions.PromptAsync(request, Gone);

    public IAsyncEnumerable<MaskFrame> Propagate(PropagateRequest request, CancellationToken cancellation) =>
        errors.MapAsync(nameof(Propagate), sessions.PropagateAsync(request, cancellation), cancellation);

    public Task<SessionState> Mask(ObjectRequest request) => sessions.StateAsync(request, Gone);

    public Task CloseSession(CloseSessionRequest request) => sessions.CloseAsync(request, Gone);

    public IAsyncEnumerable<JobUpdate> WatchJob(WatchJobRequest request, CancellationToken cancellation) =>
        errors.MapAsync(nameof(WatchJob), WatchJobAsync(request, cancellation), cancellation);

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
