using System.Diagnostics.Metrics;
using MedSam2.Server.Observability;

namespace MedSam2.Server.Images;

/// <summary>What the volumes in memory take.</summary>
internal sealed class VolumeCacheMeter : IFeatureMeter
{
    public VolumeCacheMeter(IMeterFactory meters, VolumeCache cache)
    {
        var meter = meters.Create(ObservabilityExtensions.MeterName);
        meter.CreateObservableGauge("medsam2.volume_cache.size", () => cache.Bytes, "By", "Volumes kept in memory.");
        meter.CreateObservableGauge("medsam2.volume_cache.volumes", () => cache.Count, "{volume}", "Number of volumes kept in memory.");
    }
}
