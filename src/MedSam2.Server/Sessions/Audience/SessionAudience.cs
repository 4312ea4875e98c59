using System.Collections.Concurrent;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Audience;

/// <summary>Who looks at which session, and what each of them is still to be sent. Safe for any number of threads.</summary>
internal sealed class SessionAudience(ISessionEvents events, ILogger<SessionAudience> logger)
{
    private readonly ConcurrentDictionary<(string Session, string Connection), Listener> _listeners = [];

    /// <summary>Adds a connection; the others are told.</summary>
    public async Task JoinAsync(string session, Caller caller, long sequence)
    {
        if (_listeners.TryAdd((session, caller.ConnectionId), new(session, caller, sequence, events, logger)))
            await events.JoinedAsync(session, Others(session, caller.ConnectionId), caller.User);
    }

    /// <summary>Takes a connection away; the others are told.</summary>
    public async Task LeaveAsync(string session, string connection)
    {
        if (!_listeners.TryRemove((session, connection), out var listener))
            return;
        listener.Stop();
        await events.LeftAsync(session, Others(session, connection), listener.Caller.User);
    }

    /// <summary>Takes a connection away from all its sessions.</summary>
    public async Task LeaveAllAsync(string connection)
    {
        foreach (var (session, _) in _listeners.Keys.Where(key => key.Connection == connection))
            await LeaveAsync(session, connection);
    }

    public bool IsWatched(string session) => _listeners.Keys.Any(key => key.Session == session);

    /// <summary>Has the others sent what they do not have yet.</summary>
    /// <param name="session">The session.</param>
    /// <param name="from">The connection that caused it, and has it.</param>
    /// <param name="frames">The session's frames.</param>
    /// <param name="change">What else changed; its frames come as frames.</param>
    public void Publish(string session, string from, FrameTable frames, Change? change = null)
    {
        foreach (var (key, listener) in _listeners)
        {
            if (key.Session == session && key.Connection != from)
                listener.Publish(frames, change);
        }
    }

    public Task CommittedAsync(string session, string from, StoredLabel stored) => events.CommittedAsync(session, Others(session, from), stored);

    private string[] Others(string session, string connection) =>
        [.. _listeners.Keys.Where(key => key.Session == session && key.Connection != connection).Select(key => key.Connection)];
}

/// <summary>Sends to connections. A task ends when the message is on its way, which a slow reader delays.</summary>
internal interface ISessionEvents
{
    Task FramesAsync(string session, string connection, IReadOnlyList<MaskFrame> frames);

    Task ChangedAsync(string session, string connection, Change change);

    Task JoinedAsync(string session, IReadOnlyList<string> connections, string user);

    Task LeftAsync(string session, IReadOnlyList<string> connections, string user);

    Task CommittedAsync(string session, IReadOnlyList<string> connections, StoredLabel stored);
}
