using System.Diagnostics;

namespace MedSam2.Server.Device;

/// <summary>Something for the device to do, in one step or several. Steps run on the device's thread alone.</summary>
/// <param name="priority">What it goes before.</param>
/// <param name="owner">Whose it is: owners take turns.</param>
internal abstract class DeviceWork(DevicePriority priority, object owner)
{
    public DevicePriority Priority { get; } = priority;

    public object Owner { get; } = owner;

    /// <summary>When it came, by <see cref="Stopwatch"/>.</summary>
    public long Arrived { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether its first step has run: from then on it has its place, however long the queue is.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Does the next step. Never throws.</summary>
    /// <returns>Whether it waits for another turn now.</returns>
    public bool Step()
    {
        HasBegun = true;
        return TakeStep();
    }

    /// <summary>Ends it, since there will be no turn any more.</summary>
    public abstract void Abandon();

    protected abstract bool TakeStep();
}
