using System.Diagnostics.Metrics;
using MedSam2.Server.Observability;

namespace MedSam2.Server.Device;

/// <summary>How long work waits for the device, and how long the device works, by priority.</summary>
internal sealed class DeviceMeter
{
    private static readonly string[] Names = [.. Enum.GetNames<DevicePriority>().Select(name => name.ToLowerInvariant())];

    private readonly Meter _meter;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _step;

    public DeviceMeter(IMeterFactory meters)
    {
        _meter = meters.Create(ObservabilityExtensions.MeterName);
        _wait = _meter.CreateHistogram<double>("medsam2.device.wait.duration", "s", "From a piece of work's arrival to its first step.");
        _step = _meter.CreateHistogram<double>("medsam2.device.step.duration", "s", "One step of work: a forward pass, a slice, a training step.");
    }

    /// <summary>Tells, whenever it is asked, how much work of each priority waits for its first step.</summary>
    public void Watch(Func<DevicePriority, int> waiting) => _meter.CreateObservableGauge(
        "medsam2.device.queue.length",
        () => Enum.GetValues<DevicePriority>().Select(priority => new Measurement<int>(waiting(priority), Tag(priority))),
        "{work}",
        "Work that waits for its first step.");

    public void Waited(DevicePriority priority, TimeSpan time) => _wait.Record(time.TotalSeconds, Tag(priority));

    public void Stepped(DevicePriority priority, TimeSpan time) => _step.Record(time.TotalSeconds, Tag(priority));

    private static KeyValuePair<string, object?> Tag(DevicePriority priority) => new("priority", Names[(int)priority]);
}
