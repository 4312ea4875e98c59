namespace MedSam2.Server.Hubs.Contracts;

/// <summary>What the server sends to the other connections of a session.</summary>
public interface ISegmentationClient
{
    /// <summary>Frames that another connection caused.</summary>
    Task Frames(string sessionId, MaskFrame[] frames);

    /// <summary>Undo, redo, removal, renaming or loading by another connection.</summary>
    Task Changed(string sessionId, Change change);

    Task Joined(string sessionId, string user);

    Task Left(string sessionId, string user);

    Task Committed(string sessionId, StoredLabel stored);
}
