using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Images;

/// <summary>
/// Bounds the memory of the volumes that requests have in hand. The device serves one request at a time, so that fifty at once would
/// otherwise each hold a volume and wait. They wait here instead, without one, in the order of arrival. Since nobody knows how large
/// a volume is before it is read, the bound is the setting's bytes and as many volumes as are read at once.
/// </summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class VolumeGate(IOptions<InferenceOptions> inference, IOptions<LimitOptions> limits)
{
    /// <summary>Volumes read at once: one is read while another is computed on.</summary>
    public const int MostLoading = 2;

    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private int _loading;
    private long _bytes;

    /// <summary>Requests that wait for others to let go of their volumes.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Brings a volume into memory once there is room for it.</summary>
    /// <param name="load">Reads it. It counts until it has ended, even where nobody waits for it any more.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The volume, which counts until it is given back.</returns>
    /// <exception cref="DeviceBusyException">Too many requests are waiting already.</exception>
    public async Task<HeldImage> LoadAsync(Func<Task<LoadedImage>> load, CancellationToken cancellation)
    {
        await EnterAsync(cancellation);
        var loading = Task.Run(load, CancellationToken.None);
        try
        {
            var image = await loading.WaitAsync(cancellation);
            Change(loading: -1, image.Bytes);
            return new(image, () => Change(loading: 0, -image.Bytes));
        }
        catch
        {
            _ = loading.ContinueWith(_ => Change(loading: -1, 0), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private async Task EnterAsync(CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (HasRoom && _waiting.Count == 0)
            {
                _loading++;
                return;
            }

            if (_waiting.Count >= limits.Value.Waiting)
                throw new DeviceBusyException();
            place = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using var leaving = cancellation.Register(() => Leave(place, cancellation));
        await place.Value.Task;
    }

    private bool HasRoom => _loading < MostLoading && _bytes < inference.Value.VolumesInHandBytes;

    private void Leave(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // Whoever was let in meanwhile finds the cancellation by itself.
            if (place.Value.TrySetCanceled(cancellation))
                _waiting.Remove(place);
        }
    }

    private void Change(int loading, long bytes)
    {
        lock (_lock)
        {
            _loading += loading;
            _bytes += bytes;
            while (HasRoom && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                _loading++;
                next.Value.SetResult();
            }
        }
    }
}

/// <summary>A volume that counts for its <see cref="VolumeGate"/> until it is disposed, once.</summary>
internal sealed class HeldImage(LoadedImage image, Action giveBack) : IDisposable
{
    public LoadedImage Image { get; } = image;

    public void Dispose() => giveBack();
}
