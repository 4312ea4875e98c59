using MedSam2.Studies.DicomWebClient.Storing;

namespace MedSam2.Server.Studies.Remote;

/// <summary>What waits for the archive, and a way to send it now.</summary>
internal static class OutboxEndpoints
{
    /// <summary>Maps <c>/archive/outbox</c> where an archive is configured.</summary>
    public static void MapOutbox(this WebApplication app)
    {
        if (app.Services.GetService<Outbox>() is not { } outbox)
            return;
        app.MapGet("/archive/outbox", () => Describe(outbox));
        app.MapPost("/archive/outbox/send", async (CancellationToken cancellation) =>
        {
            await outbox.SendAllAsync(cancellation);
            return Describe(outbox);
        });
    }

    private static object Describe(Outbox outbox) => new
    {
        waiting = outbox.Waiting.Select(Describe),
        refused = outbox.Refused.Select(Describe),
        last_failure = outbox.LastFailure,
    };

    private static object Describe(FileInfo file) => new
    {
        SOPInstanceUID = Path.GetFileNameWithoutExtension(file.Name),
        bytes = file.Length,
        since = file.LastWriteTimeUtc,
    };
}
