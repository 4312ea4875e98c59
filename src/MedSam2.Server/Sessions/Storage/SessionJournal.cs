using System.Data.Common;
using System.Text.Json;
using System.Threading.Channels;
using MedSam2.Server.Hubs;
using MedSam2.Server.Hubs.Contracts;
using MessagePack;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Server.Sessions.Storage;

/// <summary>
/// Keeps what changes in sessions, in the order in which the device made it. One writer takes whatever has come up and
/// commits it at once, so that many sessions cost hardly more than one.
/// </summary>
internal sealed partial class SessionJournal(SessionDatabase database, TimeProvider clock, ILogger<SessionJournal> logger) : IAsyncDisposable
{
    private const int MostAtOnce = 256;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Channel<Pending> _pending = Channel.CreateUnbounded<Pending>(new() { SingleReader = true });
    private readonly Lock _lock = new();
    private Task? _writing;
    private SessionWriter? _writer; // the writing task's alone

    /// <summary>Keeps a change; what is appended first is kept first. The task ends when it cannot be lost any more.</summary>
    public Task AppendAsync(SessionWrite write) => AppendAsync(writer => Write(writer, write));

    public Task CreateAsync(SessionRow row) => AppendAsync(async writer =>
    {
        row.LastUsed = Now;
        writer.Context.Sessions.Add(row);
        await writer.Context.SaveChangesAsync();
        writer.Context.ChangeTracker.Clear();
    });

    public Task ForgetAsync(string id) => AppendAsync(writer => SessionDatabase.ForgetAsync(writer.Context, id));

    public Task TouchAsync(string id) => AppendAsync(writer =>
        writer.Context.Sessions.Where(s => s.Id == id).ExecuteUpdateAsync(s => s.SetProperty(r => r.LastUsed, Now)));

    /// <summary>A session as it is kept; null where there is none.</summary>
    public async Task<StoredSession?> LoadAsync(string id, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        if (await context.Sessions.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id, cancellation) is not { } row)
            return null;
        var labels = await context.Labels.AsNoTracking().Where(l => l.SessionId == id).ToListAsync(cancellation);
        var frames = await context.Frames.AsNoTracking().Where(f => f.SessionId == id).ToListAsync(cancellation);
        var steps = await context.Steps.AsNoTracking().Where(s => s.SessionId == id).OrderBy(s => s.Number).ToListAsync(cancellation);
        var changed = await context.States.AsNoTracking().Where(s => s.SessionId == id).Select(s => new { s.ObjectId, s.Step }).ToListAsync(cancellation);
        var objects = changed.ToLookup(s => s.Step, s => s.ObjectId);
        return new(
            row,
            labels.ToDictionary(l => l.ObjectId, l => JsonSerializer.Deserialize<ObjectLabel>(l.Label, Json)!),
            [.. frames.Select(f => MessagePackSerializer.Deserialize<MaskFrame>(f.Frame, HubExtensions.MessagePack, cancellation))],
            [.. steps.Select(s => new HistoryStep(s.Number, s.Text, [.. objects[s.Number]]))],
            await ReadStatesAsync(id, [.. changed.Select(s => s.ObjectId).Distinct()], row.Head, cancellation),
            await context.Log.AsNoTracking().Where(l => l.SessionId == id).OrderByDescending(l => l.Number)
                .Select(l => new LogEntry(l.Number, l.Entry, l.Hash)).FirstOrDefaultAsync(cancellation));
    }

    /// <summary>Objects as they were after a step; null for those that were not there.</summary>
    public async Task<IReadOnlyDictionary<int, byte[]?>> ReadStatesAsync(string id, IReadOnlyCollection<int> objects, int step, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        Dictionary<int, byte[]?> states = [];
        foreach (var known in objects)
        {
            var row = await context.States.AsNoTracking()
                .Where(s => s.SessionId == id && s.ObjectId == known && s.Step <= step)
                .OrderByDescending(s => s.Step).FirstOrDefaultAsync(cancellation);
            states[known] = row?.State;
        }

        return states;
    }

    /// <summary>Writes what has come up.</summary>
    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        if (_writing is { } writing)
            await writing;
        await CloseWriterAsync();
    }

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    private Task AppendAsync(Func<SessionWriter, Task> write)
    {
        var pending = new Pending(write, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
            _writing ??= Task.Run(WriteForeverAsync);
        return _pending.Writer.TryWrite(pending) ? pending.Kept.Task : throw new ObjectDisposedException(nameof(SessionJournal));
    }

    private async Task WriteForeverAsync()
    {
        List<Pending> batch = [];
        while (await _pending.Reader.WaitToReadAsync())
        {
            while (batch.Count < MostAtOnce && _pending.Reader.TryRead(out var next))
                batch.Add(next);
            await WriteBatchAsync(batch);
            batch.Clear();
        }
    }

    private async Task WriteBatchAsync(List<Pending> batch)
    {
        try
        {
            _writer ??= await database.NewWriterAsync();
            await using var transaction = await _writer.Context.Database.BeginTransactionAsync();
            foreach (var pending in batch)
                await pending.Write(_writer);
            await transaction.CommitAsync();
        }
        catch (Exception exception)
        {
            // Whoever waits for it is told, and takes the session back to what was kept.
            foreach (var pending in batch)
                pending.Kept.TrySetException(exception);
            await ForsakeWriterAsync();
            return;
        }

        foreach (var pending in batch)
            pending.Kept.TrySetResult();
    }

    private async Task CloseWriterAsync()
    {
        var writer = _writer;
        _writer = null;
        if (writer is not null)
            await writer.DisposeAsync();
    }

    /// <summary>Lets go of a connection on which something failed; the next batch opens another, whatever this one says to being closed.</summary>
    private async Task ForsakeWriterAsync()
    {
        try
        {
            await CloseWriterAsync();
        }
        catch (Exception exception) when (exception is DbException or IOException or InvalidOperationException)
        {
            LogForsaken(logger, exception);
        }
    }

    private Task Write(SessionWriter writer, SessionWrite write)
    {
        var id = write.SessionId;
        foreach (var step in write.Steps)
            Write(writer, id, step);
        foreach (var removed in write.RemovedObjects)
            writer.Execute("""DELETE FROM "Frames" WHERE "SessionId" = $0 AND "ObjectId" = $1""", id, removed);
        foreach (var frame in write.Frames)
        {
            writer.Execute(
                """
                INSERT INTO "Frames" ("SessionId", "ObjectId", "Plane", "Index", "Frame") VALUES ($0, $1, $2, $3, $4)
                ON CONFLICT ("SessionId", "ObjectId", "Plane", "Index") DO UPDATE SET "Frame" = excluded."Frame"
                """,
                id, frame.ObjectId, frame.Plane, frame.Index, MessagePackSerializer.Serialize(frame, HubExtensions.MessagePack));
        }

        foreach (var (objectId, label) in write.Labels)
        {
            writer.Execute(
                """
                INSERT INTO "Labels" ("SessionId", "ObjectId", "Label") VALUES ($0, $1, $2)
                ON CONFLICT ("SessionId", "ObjectId") DO UPDATE SET "Label" = excluded."Label"
                """,
                id, objectId, JsonSerializer.Serialize(label, Json));
        }

        foreach (var entry in write.Log)
            writer.Execute("""INSERT INTO "Log" ("SessionId", "Number", "Entry", "Hash") VALUES ($0, $1, $2, $3)""", id, entry.Number, entry.Entry, entry.Hash);
        writer.Execute("""UPDATE "Sessions" SET "Sequence" = $1, "Head" = $2, "LastUsed" = $3 WHERE "Id" = $0""", id, write.Sequence, write.Head, Now);
        return Task.CompletedTask;
    }

    private static void Write(SessionWriter writer, string id, StepWrite step)
    {
        // What was undone cannot be redone any more.
        writer.Execute("""DELETE FROM "Steps" WHERE "SessionId" = $0 AND "Number" >= $1""", id, step.Number);
        writer.Execute("""DELETE FROM "States" WHERE "SessionId" = $0 AND "Step" >= $1""", id, step.Number);
        writer.Execute("""INSERT INTO "Steps" ("SessionId", "Number", "Text") VALUES ($0, $1, $2)""", id, step.Number, step.Text);
        foreach (var (objectId, state) in step.States)
            writer.Execute("""INSERT INTO "States" ("SessionId", "ObjectId", "Step", "State") VALUES ($0, $1, $2, $3)""", id, objectId, step.Number, state);

        // Of the steps that cannot be undone any more, what later ones are undone to is kept.
        if (writer.Execute("""DELETE FROM "Steps" WHERE "SessionId" = $0 AND "Number" < $1""", id, step.Oldest) > 0)
        {
            writer.Execute(
                """
                DELETE FROM "States" WHERE "SessionId" = $0 AND "Step" < (
                    SELECT MAX(later."Step") FROM "States" AS later
                    WHERE later."SessionId" = $0 AND later."ObjectId" = "States"."ObjectId" AND later."Step" <= $1)
                """,
                id, step.Oldest - 1);
        }
    }

    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning, Message = "The connection to the session database could not be closed after a failure; another is opened")]
    private static partial void LogForsaken(ILogger logger, Exception exception);

    private sealed record Pending(Func<SessionWriter, Task> Write, TaskCompletionSource Kept);
}
