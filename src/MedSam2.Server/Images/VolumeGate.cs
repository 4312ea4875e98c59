using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Images;

/// <summary>
/// Bounds the memory of the volumes that requests have in hand. The device serves one request at a time, so that fifty at once would
/// otherwise each hold a volume and wait. They wait here instead, without one: clicks before whole volumes, each in the order of
/// arrival. Since nobody knows how large a volume is before it is read, the bound is the setting's bytes and as many volumes as are
/// read at once. A volume that the cache has is there anyhow, so whoever wants it never waits here.
/// </summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class VolumeGate(IOptions<InferenceOptions> inference, IOptions<LimitOptions> limits)
{
    /// <summary>
    /// Volumes read at once: one is read while another is computed on. As many more may come from a remote archive, so that a slow one
    /// holds up nothing but its own images.
    /// </summary>
    public const int MostLoading = 2;

    private readonly Lock _lock = new();
    private readonly LinkedList<Place> _waiting = [];
    private readonly Dictionary<LoadedImage, int> _inHand = new(ReferenceEqualityComparer.Instance);
    private int _loadingHere;
    private int _loadingRemote;
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

    /// <summary>What the volumes in hand take, each counted once.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>Brings a volume into memory once there is room for it.</summary>
    /// <param name="source">Reads it. It counts until it has ended, even where nobody waits for it any more.</param>
    /// <param name="priority">Who waits less goes first.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The volume, which counts until it is given back.</returns>
    /// <exception cref="DeviceBusyException">Too many requests are waiting already.</exception>
    public async Task<HeldImage> LoadAsync(ImageSource source, DevicePriority priority, CancellationToken cancellation)
    {
        var (loading, takesSlot) = await EnterAsync(source, priority, cancellation);
        LoadedImage image;
        try
        {
            image = await loading.WaitAsync(cancellation);
        }
        catch when (takesSlot)
        {
            _ = loading.ContinueWith(_ => FreeSlot(source), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        Hold(image, takesSlot ? source : null);
        return new(image, () => GiveBack(image));
    }

    private async Task<Entry> EnterAsync(ImageSource source, DevicePriority priority, CancellationToken cancellation)
    {
        LinkedListNode<Place> place;
        lock (_lock)
        {
            // Whoever could go is let in with every change, so nobody who waits is passed over here.
            if (TryEnter(source) is { } entry)
                return entry;
            if (_waiting.Count >= limits.Value.Waiting)
                throw new DeviceBusyException();
            place = Queue(new(source, priority, new(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        await using var leaving = cancellation.Register(() => Leave(place, cancellation));
        return await place.Value.Entered.Task;
    }

    private Entry? TryEnter(ImageSource source)
    {
        if (source.Join() is { } joined)
            return new(joined, TakesSlot: false);
        ref var loading = ref Loading(source);
        if (loading >= MostLoading || _bytes >= inference.Value.VolumesInHandBytes)
            return null;
        loading++;
        // Begun under the lock, so that the next one who asks for the same image joins.
        return new(source.Load(), TakesSlot: true);
    }

    private ref int Loading(ImageSource source) => ref source.IsRemote ? ref _loadingRemote : ref _loadingHere;

    private LinkedListNode<Place> Queue(Place place)
    {
        var before = _waiting.Last;
        while (before is not null && before.Value.Priority > place.Priority)
            before = before.Previous;
        return before is null ? _waiting.AddFirst(place) : _waiting.AddAfter(before, place);
    }

    private void Leave(LinkedListNode<Place> place, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // Whoever was let in meanwhile finds the cancellation by itself.
            if (place.Value.Entered.TrySetCanceled(cancellation))
                _waiting.Remove(place);
        }
    }

    private void FreeSlot(ImageSource source)
    {
        lock (_lock)
        {
            Loading(source)--;
            LetIn();
        }
    }

    private void Hold(LoadedImage image, ImageSource? slot)
    {
        lock (_lock)
        {
            if (slot is not null)
                Loading(slot)--;
            var uses = _inHand.GetValueOrDefault(image);
            _inHand[image] = uses + 1;
            _bytes += uses == 0 ? image.Bytes : 0;
            LetIn();
        }
    }

    private void GiveBack(LoadedImage image)
    {
        lock (_lock)
        {
            if (--_inHand[image] > 0)
                return;
            _inHand.Remove(image);
            _bytes -= image.Bytes;
            LetIn();
        }
    }

    private void LetIn()
    {
        for (LinkedListNode<Place>? place = _waiting.First, next; place is not null; place = next)
        {
            next = place.Next;
            if (TryEnter(place.Value.Source) is not { } entry)
                continue;
            _waiting.Remove(place);
            place.Value.Entered.SetResult(entry);
        }
    }

    private readonly record struct Entry(Task<LoadedImage> Loading, bool TakesSlot);

    private sealed record Place(ImageSource Source, DevicePriority Priority, TaskCompletionSource<Entry> Entered);
}

/// <summary>A volume that counts for its <see cref="VolumeGate"/> until it is disposed, once.</summary>
internal sealed class HeldImage(LoadedImage image, Action giveBack) : IDisposable
{
    public LoadedImage Image { get; } = image;

    public void Dispose() => giveBack();
}
