using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.DicomWebClient.Storing;

namespace MedSam2.Server.Studies.Remote;

/// <summary>Sends what the archive has not taken yet, from the start of the server on, until it has.</summary>
internal sealed partial class OutboxSender(Outbox outbox, ArchiveClient client, TimeProvider time, ILogger<OutboxSender> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await SendForeverAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops. What waits is sent after its next start.
        }
    }

    private async Task SendForeverAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(client.Options.ResendSeconds), time);
        do
        {
            try
            {
                var sent = await outbox.SendAllAsync(stoppingToken);
                if (sent.Count > 0)
                    LogSent(logger, sent.Count(s => s.IsStored), sent.Count, outbox.LastFailure);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogFailure(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "The archive took {Stored} of {All} objects that waited for it. {Failure}")]
    private static partial void LogSent(ILogger logger, int stored, int all, string failure);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Error, Message = "The outbox for the archive cannot be read or written")]
    private static partial void LogFailure(ILogger logger, Exception exception);
}
