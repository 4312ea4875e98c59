namespace MedSam2.Training.Fitting;

/// <summary>
/// The device that training and evaluation share with others: every forward pass goes through it, one step at a time, so that
/// work that is more urgent has its turn in between.
/// </summary>
public interface IDeviceTurns
{
    /// <summary>Does one step when its turn has come, and waits for it.</summary>
    T Run<T>(Func<T> step);
}

/// <summary>A device that nobody else uses: the caller's own thread.</summary>
public sealed class OwnDevice : IDeviceTurns
{
    public static OwnDevice Instance { get; } = new();

    public T Run<T>(Func<T> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step();
    }
}

public static class DeviceTurns
{
    /// <summary>Enumerates a sequence one element a turn, such as the slices of a propagation.</summary>
    public static IEnumerable<T> Each<T>(this IDeviceTurns device, IEnumerable<T> steps)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(steps);
        return Enumerate(device, steps);
    }

    private static IEnumerable<T> Enumerate<T>(IDeviceTurns device, IEnumerable<T> steps)
    {
        using var step = steps.GetEnumerator();
        while (device.Run(step.MoveNext))
            yield return step.Current;
    }
}
