using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Storage;

/// <summary>What one call or one slice changed in a session: all of it is kept, or nothing.</summary>
internal sealed class SessionWrite(string sessionId)
{
    public string SessionId { get; } = sessionId;

    /// <summary>The last frame's number after it.</summary>
    public long Sequence { get; set; }

    /// <summary>The last step that counts after it.</summary>
    public int Head { get; set; }

    public List<MaskFrame> Frames { get; } = [];

    /// <summary>Objects whose frames are gone.</summary>
    public List<int> RemovedObjects { get; } = [];

    public List<(int ObjectId, ObjectLabel Label)> Labels { get; } = [];

    public List<StepWrite> Steps { get; } = [];

    public List<LogEntry> Log { get; } = [];

    public bool IsEmpty => Frames.Count + RemovedObjects.Count + Labels.Count + Steps.Count + Log.Count == 0 && !HeadMoved;

    /// <summary>Whether something was undone or redone.</summary>
    public bool HeadMoved { get; set; }
}

/// <summary>A step; those that were undone before it are gone.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Text">What it was.</param>
/// <param name="States">The objects that it changed, as they are after it; null where it removed them.</param>
/// <param name="Oldest">The oldest step that can still be undone.</param>
internal sealed record StepWrite(int Number, string Text, IReadOnlyList<(int ObjectId, byte[]? State)> States, int Oldest);

/// <summary>A call, in the order of arrival.</summary>
internal sealed record LogEntry(int Number, string Entry, string Hash);

/// <summary>A session as it was kept.</summary>
internal sealed record StoredSession(
    SessionRow Row,
    IReadOnlyDictionary<int, ObjectLabel> Labels,
    IReadOnlyList<MaskFrame> Frames,
    IReadOnlyList<HistoryStep> Steps,
    IReadOnlyDictionary<int, byte[]?> States,
    LogEntry? LastEntry);
