using MedSam2.Server.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Observability;

/// <summary>Whether results can be stored: the data folder takes a file, and its disk is not about to be full.</summary>
internal sealed class DataFolderCheck(IOptions<ServerOptions> options) : IHealthCheck
{
    // A segmentation and its database rows fit in far less; below this people should be told before work is lost.
    private const long Scarce = 256L << 20;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var probe = Path.Combine(options.Value.DataFolder, $".probe-{Guid.NewGuid():N}");
        try
        {
            await using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }

            var free = new DriveInfo(options.Value.DataFolder).AvailableFreeSpace;
            return free < Scarce
                ? HealthCheckResult.Degraded($"the data folder's disk has only {free >> 20} MiB left")
                : HealthCheckResult.Healthy("the data folder takes files");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy("the data folder takes no files", exception);
        }
    }
}
