using MedSam2.Inference;

namespace MedSam2.Server.Device;

/// <summary>
/// Keeps one version of the network in memory for whoever works with it: a version that is no longer served goes when its
/// last lease is given back, so that a switch disturbs nobody.
/// </summary>
internal sealed class ModelLease(ServedModel served) : IDisposable
{
    private ServedModel? _served = served;

    /// <exception cref="ObjectDisposedException">The lease was given back.</exception>
    public SegmentationModel Model => _served?.Model ?? throw new ObjectDisposedException(nameof(ModelLease));

    public void Dispose() => Interlocked.Exchange(ref _served, null)?.Release();
}

/// <summary>A network in memory and how many use it: its leases, and the host while it is the one that is served.</summary>
/// <remarks>Leases may be given back on any thread: nobody computes with the network any more then.</remarks>
internal sealed class ServedModel(SegmentationModel model)
{
    private int _users = 1;

    public SegmentationModel Model { get; } = model;

    /// <summary>False where the last user has gone.</summary>
    public bool TryTake()
    {
        for (var users = Volatile.Read(ref _users); users > 0; users = Volatile.Read(ref _users))
        {
            if (Interlocked.CompareExchange(ref _users, users + 1, users) == users)
                return true;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            Model.Dispose();
    }
}
