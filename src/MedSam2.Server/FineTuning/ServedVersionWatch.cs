using MedSam2.Network;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;

namespace MedSam2.Server.FineTuning;

/// <summary>Follows what <c>models promote</c> and <c>models rollback</c> decide while the server runs.</summary>
internal sealed partial class ServedVersionWatch(ModelHost host, ILogger<ServedVersionWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var refused = -1;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(Pause, stoppingToken));
            var wanted = host.Version;
            try
            {
                wanted = host.Versions.Served;
                if (wanted == host.Version || wanted == refused || stoppingToken.IsCancellationRequested)
                    continue;
                await host.ServeAsync(wanted, stoppingToken);
                LogServed(logger, wanted);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is CheckpointException or ConfigurationException or IOException or UnauthorizedAccessException or RequestException or ObjectDisposedException)
            {
                // The present network goes on; this version is not tried again until another one is chosen.
                refused = wanted;
                LogRefused(logger, wanted, exception);
            }
        }
    }

    [LoggerMessage(EventId = 7010, Level = LogLevel.Information, Message = "Version {Version} of the network is served from now on")]
    private static partial void LogServed(ILogger logger, int version);

    [LoggerMessage(EventId = 7011, Level = LogLevel.Error, Message = "Version {Version} of the network cannot be served; the present one stays")]
    private static partial void LogRefused(ILogger logger, int version, Exception exception);
}
