using System.Collections.Concurrent;

namespace MedSam2.Server.Jobs;

/// <summary>The runs that this process has in hand, by the ids of their jobs.</summary>
internal sealed class JobRuns
{
    private readonly ConcurrentDictionary<string, ActiveRun> _active = new(StringComparer.Ordinal);

    /// <summary>Something changed: a job was added, went on or ended.</summary>
    public JobSignal Changed { get; } = new();

    public ActiveRun? Find(string id) => _active.GetValueOrDefault(id);

    public void Add(ActiveRun run) => _active[run.Run.JobId] = run;

    public void Remove(ActiveRun run)
    {
        _active.TryRemove(run.Run.JobId, out _);
        run.Ended.SetResult();
        Changed.Set();
    }
}

/// <summary>A run in hand.</summary>
/// <param name="Run">How far it is.</param>
/// <param name="Stop">Ends it.</param>
internal sealed record ActiveRun(JobRun Run, CancellationTokenSource Stop)
{
    /// <summary>Set once the run has ended in every way.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
