using MedSam2.Server.Device;
using MedSam2.Training.Fitting;

namespace MedSam2.Server.FineTuning;

/// <summary>The device's thread as long work outside of it uses it: a step at a time, after everybody else's.</summary>
/// <remarks>For a thread of the work's own, which waits for each step: never for the device's thread itself.</remarks>
internal sealed class DeviceShare(DeviceWorker worker, CancellationToken cancellation) : IDeviceTurns
{
    private readonly object _owner = new();

    /// <exception cref="OperationCanceledException">The work was stopped while it waited.</exception>
    public T Run<T>(Func<T> step) => worker.RunAsync(DevicePriority.Batch, _ => step(), cancellation, _owner).GetAwaiter().GetResult();
}
