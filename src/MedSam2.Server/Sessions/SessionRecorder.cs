using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Server.Sessions.Storage;

namespace MedSam2.Server.Sessions;

/// <summary>Gathers what a call changes, and hands it to the journal as one change. Keeps the log of calls, each sealed by the hash of all before it.</summary>
/// <remarks>On the device's thread, whose order is the order of the journal.</remarks>
internal sealed class SessionRecorder(string sessionId, SessionJournal journal, LogEntry? last)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private LogEntry? _last = last;
    private SessionWrite _pending = new(sessionId);

    public SessionWrite Pending => _pending;

    /// <summary>Ends when all that was handed over is kept.</summary>
    public Task LastKept { get; private set; } = Task.CompletedTask;

    /// <summary>SHA-256 over all that was said so far, lower-case hexadecimal; empty where nothing was.</summary>
    public string LogHash => _last?.Hash ?? "";

    /// <summary>Logs a call.</summary>
    /// <param name="call">The hub's method.</param>
    /// <param name="user">Who called it.</param>
    /// <param name="request">With what.</param>
    public void Log(string call, string user, object request)
    {
        var entry = JsonSerializer.Serialize(new { call, user, request }, Json);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{LogHash}\n{entry}")));
        _last = new((_last?.Number ?? 0) + 1, entry, hash);
        _pending.Log.Add(_last);
    }

    /// <summary>Hands over what was gathered.</summary>
    /// <returns>Ends when it is kept.</returns>
    public Task Flush(long sequence, int head)
    {
        if (_pending.IsEmpty)
            return Task.CompletedTask;
        (_pending.Sequence, _pending.Head) = (sequence, head);
        LastKept = journal.AppendAsync(_pending);
        _pending = new(sessionId);
        return LastKept;
    }
}

/// <summary>The result of a call, and when it is kept.</summary>
internal readonly record struct Written<T>(T Value, Task Kept);

/// <summary>Who calls.</summary>
/// <param name="ConnectionId">Of the hub.</param>
/// <param name="User">For others to see, and for what is committed.</param>
[GenerateSerializer, Immutable]
internal sealed record Caller([property: Id(0)] string ConnectionId, [property: Id(1)] string User);
