using System.Text.Json.Nodes;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs.Storage;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Jobs;

/// <summary>
/// Runs jobs: of each kind one after another, the kinds side by side. A job is leased for a short time, and the lease is
/// prolonged while its run lives; what a killed server had in hand is taken up once its lease is over.
/// </summary>
internal sealed partial class JobWorker(
    JobStore store, JobDatabase database, JobRuns runs, Func<IEnumerable<IJobKind>> kinds, IOptions<JobOptions> options, TimeProvider clock, ILogger<JobWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private TimeSpan Lease => options.Value.Lease;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(kinds().Select(kind => Task.Run(() => WorkAsync(kind, stoppingToken), stoppingToken)));

    private async Task WorkAsync(IJobKind kind, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var changed = runs.Changed.Next;
            try
            {
                var run = Guid.NewGuid().ToString("N");
                if (await store.FindNextAsync(kind.Name, stopping) is { } next && await store.TryTakeAsync(next, run, Lease, stopping))
                {
                    await RunAsync(kind, (await store.FindAsync(next.Id, stopping))!, run, stopping);
                    continue;
                }

                // Woken by this process, or in time to take over from another one.
                await Task.WhenAny(changed, Task.Delay(Lease / 3, stopping));
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The database was away: jobs wait for it.
                LogUnavailable(logger, kind.Name, exception);
                await Task.WhenAny(Task.Delay(Lease, stopping));
            }
        }
    }

    private async Task RunAsync(IJobKind kind, JobRow job, string name, CancellationToken stopping)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var active = new ActiveRun(new JobRun(job, name, store, Path.Combine(database.Folder, job.Id), runs.Changed.Set, clock, logger), stop);
        runs.Add(active);
        using var ended = new CancellationTokenSource();
        var keeping = KeepAsync(job, name, active, ended.Token);
        try
        {
            LogStarted(logger, kind.Name, job.Id);
            if (job.Crashes is 0)
                active.Run.Log("Started.");
            else
                active.Run.Log("Started again after the server went down.", LogLevel.Warning);
            if (job.Crashes >= options.Value.MostCrashes)
                throw new RequestException(StatusCodes.Status500InternalServerError, $"The server went down {job.Crashes} times while this job ran, so it is not tried again.");
            await EndAsync(job, name, active.Run, JobState.Done, null, await kind.RunAsync(active.Run, stop.Token));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            active.Run.Log("The server goes down; the job goes on when it is back.");
            await store.ReleaseAsync(job.Number, name, active.Run.Current, CancellationToken.None);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            active.Run.Log("Stopped.");
            await store.ReleaseAsync(job.Number, name, active.Run.Current, CancellationToken.None);
            LogEnded(logger, kind.Name, job.Id, JobState.Stopped);
        }
        catch (JobLostException)
        {
            LogLost(logger, kind.Name, job.Id);
        }
        catch (Exception exception)
        {
            LogFailed(logger, kind.Name, job.Id, exception);
            await EndAsync(job, name, active.Run, JobState.Error, ErrorAnswers.Explain(exception), null);
        }
        finally
        {
            await ended.CancelAsync();
            await keeping;
            await store.LogAsync(job.Number, active.Run.TakeLines(), options.Value.LogLines, CancellationToken.None);
            await ForgetAsync(kind.Name);
            runs.Remove(active);
        }
    }

    private async Task EndAsync(JobRow job, string name, JobRun run, JobState state, string? message, JsonNode? result)
    {
        if (message is not null)
            run.Progress(message: message);
        if (state is JobState.Done)
            run.Log("Done.");
        else
            run.Log(run.Current.Message, LogLevel.Error);
        await store.LogAsync(job.Number, run.TakeLines(), options.Value.LogLines, CancellationToken.None);
        if (await store.EndAsync(job.Number, name, state, run.Current, result, CancellationToken.None))
            LogEnded(logger, job.Kind, job.Id, state);
    }

    /// <summary>Prolongs the lease and writes down progress and log lines, until the run ends; ends the run where the job is no longer its own.</summary>
    private async Task KeepAsync(JobRow job, string name, ActiveRun active, CancellationToken ended)
    {
        var beat = Lease / 3 < Beat ? Lease / 3 : Beat;
        var kept = clock.GetTimestamp();
        JobProgress? written = null;
        while (!ended.IsCancellationRequested)
        {
            try
            {
                var progress = active.Run.Current;
                if ((progress != written || clock.GetElapsedTime(kept) > Lease / 3) && !active.Stop.IsCancellationRequested)
                {
                    if (!await store.KeepAsync(job.Number, name, Lease, progress, CancellationToken.None))
                        await active.Stop.CancelAsync();
                    (written, kept) = (progress, clock.GetTimestamp());
                }

                if (active.Run.TakeLines() is { Count: > 0 } lines)
                    await store.LogAsync(job.Number, lines, options.Value.LogLines, CancellationToken.None);
            }
            catch (Exception exception)
            {
                // One missed beat does no harm: the lease is three of them long.
                LogUnavailable(logger, job.Kind, exception);
            }

            await Task.WhenAny(Task.Delay(beat, ended));
        }
    }

    private async Task ForgetAsync(string kind)
    {
        foreach (var id in await store.ForgetAsync(kind, options.Value.History, CancellationToken.None))
        {
            if (Path.Combine(database.Folder, id) is var folder && Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "Job {Kind} {Id} runs")]
    private static partial void LogStarted(ILogger logger, string kind, string id);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Information, Message = "Job {Kind} {Id} ended: {State}")]
    private static partial void LogEnded(ILogger logger, string kind, string id, JobState state);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Error, Message = "Job {Kind} {Id} failed")]
    private static partial void LogFailed(ILogger logger, string kind, string id, Exception exception);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Warning, Message = "Job {Kind} {Id} was taken over by another server, since this one gave no sign of life")]
    private static partial void LogLost(ILogger logger, string kind, string id);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Error, Message = "Jobs of kind {Kind}: the database did not answer")]
    private static partial void LogUnavailable(ILogger logger, string kind, Exception exception);
}
