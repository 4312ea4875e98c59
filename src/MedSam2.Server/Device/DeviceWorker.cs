using System.Diagnostics;
using System.Runtime.CompilerServices;
using MedSam2.Server.Configuration;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Device;

/// <summary>
/// The one thread that drives the network. Work runs by its <see cref="DevicePriority"/>, one step at a time, each from start
/// to end: nothing is awaited inside a forward pass, and no request thread ever computes. Long work gives way after each of
/// its steps, so that a click waits for one slice at most.
/// </summary>
/// <remarks>How to add work: <see cref="RunAsync"/> for one forward pass, <see cref="StreamAsync"/> or <see cref="RunStepsAsync"/> for many.</remarks>
internal sealed class DeviceWorker : IDisposable
{
    // Enough to keep the device at work while a reader handles what it got, few enough to hold.
    private const int ElementsAhead = 32;

    private readonly int _mostWaiting;
    private readonly DeviceMeter _meter;
    private readonly DeviceQueue _queue = new();
    private readonly object _gate = new(); // a monitor, since the thread waits on it
    private readonly Thread _thread;
    private bool _isStopping;
    private bool _hasStopped;

    public DeviceWorker(IOptions<LimitOptions> limits, DeviceMeter meter)
    {
        _mostWaiting = limits.Value.Waiting;
        _meter = meter;
        meter.Watch(Waiting);
        _thread = new(Work) { Name = "device", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the device's thread, as one step.</summary>
    /// <param name="priority">What it goes before.</param>
    /// <param name="work">What to do.</param>
    /// <param name="cancellation">Looked at before it begins, and given to it.</param>
    /// <param name="owner">Whose it is, for taking turns; null: nobody else's.</param>
    /// <exception cref="DeviceBusyException">Too much work of this priority is waiting already.</exception>
    public Task<T> RunAsync<T>(DevicePriority priority, Func<CancellationToken, T> work, CancellationToken cancellation, object? owner = null)
    {
        var call = new DeviceCall<T>(priority, owner ?? new object(), work, cancellation);
        Admit(call);
        return call.Result;
    }

    /// <summary>Gives something back on the device's thread, after its owner's other clicks and however full the queue is.</summary>
    public Task CleanUpAsync(Action cleanUp, object owner)
    {
        var call = new DeviceCall<bool>(
            DevicePriority.Click,
            owner,
            _ =>
            {
                cleanUp();
                return true;
            },
            CancellationToken.None);
        Admit(call, isAlways: true);
        return call.Result;
    }

    /// <summary>
    /// Enumerates a sequence on the device's thread, one element a step. It runs ahead of the reader by a few elements and
    /// then waits for it. Who stops reading stops the work within one step, and goes on once it has stopped.
    /// </summary>
    /// <inheritdoc cref="RunAsync" path="/param|/exception"/>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        DevicePriority priority, Func<CancellationToken, IEnumerable<T>> work, object? owner = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var steps = new DeviceSteps<T>(priority, owner ?? new object(), work, ElementsAhead, QueueAgain, stop.Token);
        Admit(steps);
        try
        {
            await foreach (var item in steps.Items.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return item;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await steps.Ended.ConfigureAwait(false);
        }
    }

    /// <summary>Enumerates a sequence to its end for what it does, one element a step.</summary>
    /// <inheritdoc cref="RunAsync" path="/param|/exception"/>
    public async Task RunStepsAsync<T>(DevicePriority priority, Func<CancellationToken, IEnumerable<T>> work, CancellationToken cancellation, object? owner = null)
    {
        await foreach (var _ in StreamAsync(priority, work, owner, cancellation).ConfigureAwait(false))
        {
            // Its steps are what is wanted.
        }
    }

    /// <summary>Lets the work in hand end; what still waits is dropped by its own cancellation.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Admit(DeviceWork work, bool isAlways = false)
    {
        lock (_gate)
        {
            if (!isAlways && _queue.NewWork(work.Priority) >= _mostWaiting)
                throw new DeviceBusyException();
            ObjectDisposedException.ThrowIf(_isStopping, this);
            _queue.Add(work);
            Monitor.Pulse(_gate);
        }
    }

    private void QueueAgain(DeviceWork work)
    {
        lock (_gate)
        {
            if (!_hasStopped)
            {
                _queue.Add(work);
                Monitor.Pulse(_gate);
                return;
            }
        }

        work.Abandon();
    }

    private void Work()
    {
        while (Next() is { } work)
        {
            if (!work.HasBegun)
                _meter.Waited(work.Priority, Stopwatch.GetElapsedTime(work.Arrived));
            var start = Stopwatch.GetTimestamp();
            var goesOn = work.Step();
            _meter.Stepped(work.Priority, Stopwatch.GetElapsedTime(start));
            if (goesOn)
                QueueAgain(work);
        }
    }

    internal int Waiting(DevicePriority priority)
    {
        lock (_gate)
            return _queue.NewWork(priority);
    }

    private DeviceWork? Next()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_isStopping)
                {
                    _hasStopped = true;
                    return null;
                }

                Monitor.Wait(_gate);
            }

            return _queue.Take();
        }
    }
}
