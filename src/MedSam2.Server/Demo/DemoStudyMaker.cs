using MedSam2.Server.Studies;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Demo;

/// <summary>Where the demo study of an empty store is.</summary>
internal enum DemoStudyState
{
    /// <summary>Not wanted: the store has studies of its own, or they come from elsewhere.</summary>
    None,

    /// <summary>On its way. Searches do not find any part of it.</summary>
    Making,

    /// <summary>In the store.</summary>
    Stored,

    /// <summary>The store could not take it; the log says why.</summary>
    Failed,
}

/// <summary>
/// Makes the demo study of an empty store once the server answers: nobody waits for it who does not want it.
/// </summary>
internal sealed partial class DemoStudyMaker(ArchiveHost archive, IHostApplicationLifetime lifetime, ILogger<DemoStudyMaker> logger) : BackgroundService
{
    private volatile DemoStudyState _end;

    public DemoStudyState State => _end is DemoStudyState.None && archive.WantsDemoStudy ? DemoStudyState.Making : _end;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!archive.WantsDemoStudy)
            return;
        // It takes all cores for some seconds: not before the server is ready.
        await Started(stoppingToken);
        try
        {
            await new DemoStudyStorage(archive.Store).StoreAsync(stoppingToken);
            _end = DemoStudyState.Stored;
        }
        catch (Exception exception) when (exception is StudyStoreException or IOException or UnauthorizedAccessException)
        {
            _end = DemoStudyState.Failed;
            LogFailure(logger, exception.Message, exception);
        }
    }

    private async Task Started(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Error, Message = "The demo study could not be stored: {Reason}")]
    private static partial void LogFailure(ILogger logger, string reason, Exception exception);
}
