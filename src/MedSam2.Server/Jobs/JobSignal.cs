namespace MedSam2.Server.Jobs;

/// <summary>Wakes everybody who waits for something to happen. Whoever wants to miss nothing asks for the next one before looking.</summary>
internal sealed class JobSignal
{
    private TaskCompletionSource _next = New();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Set() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
