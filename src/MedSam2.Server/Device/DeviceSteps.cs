using System.Threading.Channels;

namespace MedSam2.Server.Device;

/// <summary>
/// Work of many steps, each an element of a sequence that is enumerated on the device's thread. Between two of them other
/// work has its turn. It runs ahead of its reader by a bounded number of elements, then waits outside of the queue.
/// </summary>
internal sealed class DeviceSteps<T> : DeviceWork
{
    private readonly Func<CancellationToken, IEnumerable<T>> _work;
    private readonly Action<DeviceWork> _queueAgain;
    private readonly CancellationToken _cancellation;
    private readonly Channel<T> _items;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IEnumerator<T>? _steps;

    /// <param name="priority">What it goes before.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="work">Makes the sequence, on the device's thread.</param>
    /// <param name="ahead">Elements that may wait for the reader.</param>
    /// <param name="queueAgain">Asks for another turn.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public DeviceSteps(
        DevicePriority priority, object owner, Func<CancellationToken, IEnumerable<T>> work, int ahead, Action<DeviceWork> queueAgain, CancellationToken cancellation)
        : base(priority, owner)
    {
        (_work, _queueAgain, _cancellation) = (work, queueAgain, cancellation);
        _items = Channel.CreateBounded<T>(new BoundedChannelOptions(ahead) { SingleReader = true });
    }

    public ChannelReader<T> Items => _items.Reader;

    /// <summary>Ends when no step will run any more and the sequence is disposed. Never fails.</summary>
    public Task Ended => _ended.Task;

    public override void Abandon() => End(new OperationCanceledException("The device has stopped."));

    protected override bool TakeStep()
    {
        try
        {
            _cancellation.ThrowIfCancellationRequested();
            _steps ??= _work(_cancellation).GetEnumerator();
            if (!_steps.MoveNext())
            {
                End(null);
                return false;
            }

            if (_items.Writer.TryWrite(_steps.Current))
                return true;
            _ = WaitForReaderAsync(_steps.Current);
            return false;
        }
        catch (Exception exception)
        {
            End(exception);
            return false;
        }
    }

    private async Task WaitForReaderAsync(T item)
    {
        try
        {
            await _items.Writer.WriteAsync(item, _cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The next step finds that out, on the device's thread.
        }

        _queueAgain(this);
    }

    private void End(Exception? cause)
    {
        try
        {
            _steps?.Dispose();
        }
        catch (Exception exception)
        {
            cause ??= exception;
        }

        _items.Writer.TryComplete(cause);
        _ended.TrySetResult();
    }
}
