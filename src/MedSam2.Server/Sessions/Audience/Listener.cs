using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Audience;

/// <summary>
/// A connection that looks at a session. It holds no queue: only which frame it has, and which objects changed since. A slow
/// reader gets the newest frame of each slice when it is ready for it, and holds nobody up.
/// </summary>
internal sealed partial class Listener(string session, Caller caller, long sequence, ISessionEvents events, ILogger logger)
{
    private const int FramesAtOnce = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, ObjectInfo?> _objects = [];
    private HistoryInfo? _history;
    private FrameTable? _frames;
    private long _sequence = sequence;
    private bool _isSending;
    private bool _hasStopped;

    public Caller Caller => caller;

    /// <summary>Notes what is to be sent, and sends it where that is not under way.</summary>
    public void Publish(FrameTable frames, Change? change)
    {
        lock (_lock)
        {
            _frames = frames;
            foreach (var removed in change?.Removed ?? [])
                _objects[removed] = null;
            foreach (var known in change?.Objects ?? [])
                _objects[known.ObjectId] = known;
            _history = change?.History ?? _history;
            if (_isSending || _hasStopped)
                return;
            _isSending = true;
        }

        _ = Task.Run(SendAsync);
    }

    public void Stop()
    {
        lock (_lock)
            _hasStopped = true;
    }

    private async Task SendAsync()
    {
        try
        {
            while (Next() is var (change, frames))
            {
                if (change is not null)
                    await events.ChangedAsync(session, caller.ConnectionId, change);
                if (frames.Count > 0)
                    await events.FramesAsync(session, caller.ConnectionId, frames);
            }
        }
        catch (Exception exception)
        {
            // The connection is going, and will say so; until then nothing more is sent to it.
            Stop();
            LogLost(logger, exception);
        }
    }

    private (Change? Change, IReadOnlyList<MaskFrame> Frames)? Next()
    {
        lock (_lock)
        {
            var change = _history is null ? null : new Change
            {
                Frames = [],
                Objects = [.. _objects.Values.OfType<ObjectInfo>()],
                Removed = [.. _objects.Where(o => o.Value is null).Select(o => o.Key)],
                History = _history,
            };
            _objects.Clear();
            _history = null;
            var before = _sequence;
            (var frames, _sequence) = _frames!.After(_sequence, FramesAtOnce, notFrom: caller.ConnectionId);
            if (!_hasStopped && (change is not null || frames.Count > 0 || _sequence > before))
                return (change, frames);
            _isSending = false;
            return null;
        }
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Debug, Message = "A connection could not be sent what happens in its session")]
    private static partial void LogLost(ILogger logger, Exception exception);
}
