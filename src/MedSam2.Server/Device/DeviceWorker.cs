using System.Collections.Concurrent;
using MedSam2.Server.Configuration;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Device;

/// <summary>
/// The one thread that drives the network. Work runs in the order of arrival, one piece at a time, from start to end:
/// nothing is awaited inside a forward pass, and no request thread ever computes.
/// </summary>
internal sealed class DeviceWorker : IDisposable
{
    private readonly BlockingCollection<Action> _queue;
    private readonly Thread _thread;

    public DeviceWorker(IOptions<LimitOptions> limits)
    {
        _queue = new(limits.Value.Waiting);
        _thread = new(Work) { Name = "device", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the device's thread.</summary>
    /// <exception cref="DeviceBusyException">Too much work is waiting already.</exception>
    public Task<T> RunAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        // Continuations must not run here, or a slow reader of the result would hold the device.
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.TryAdd(() => Complete(result, work, cancellation), 0, CancellationToken.None))
            throw new DeviceBusyException();
        return result.Task;
    }

    /// <summary>Lets the work in hand end; what still waits is dropped by its own cancellation.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private static void Complete<T>(TaskCompletionSource<T> result, Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            result.SetCanceled(cancellation);
            return;
        }

        try
        {
            result.SetResult(work(cancellation));
        }
        catch (OperationCanceledException canceled)
        {
            result.SetCanceled(canceled.CancellationToken);
        }
        catch (Exception exception)
        {
            result.SetException(exception);
        }
    }

    private void Work()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
            work();
    }
}
