using System.Diagnostics.Metrics;
using MedSam2.Server.Device;
using Microsoft.Extensions.DependencyInjection;

namespace MedSam2.Server.Tests.Device;

/// <summary>Meters that nobody reads, for parts that are tested without a host.</summary>
internal static class Meters
{
    private static readonly IMeterFactory Factory =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public static DeviceMeter Device => new(Factory);
}
