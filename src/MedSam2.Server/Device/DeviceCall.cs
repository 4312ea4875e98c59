namespace MedSam2.Server.Device;

/// <summary>Work of one step with a result.</summary>
internal sealed class DeviceCall<T>(DevicePriority priority, object owner, Func<CancellationToken, T> work, CancellationToken cancellation)
    : DeviceWork(priority, owner)
{
    // Continuations must not run on the device's thread, or a slow reader of the result would hold it.
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Result => _result.Task;

    public override void Abandon() => _result.TrySetCanceled(CancellationToken.None);

    protected override bool TakeStep()
    {
        if (cancellation.IsCancellationRequested)
        {
            _result.SetCanceled(cancellation);
            return false;
        }

        try
        {
            _result.SetResult(work(cancellation));
        }
        catch (OperationCanceledException canceled)
        {
            _result.SetCanceled(canceled.CancellationToken);
        }
        catch (Exception exception)
        {
            _result.SetException(exception);
        }

        return false;
    }
}
