using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Sessions.Storage;

/// <summary>
/// The database of sessions, in the data folder. A change is with the operating system when it is answered: it survives the
/// server's death, though not that of the machine within the last moments.
/// </summary>
internal sealed class SessionDatabase(IOptions<ServerOptions> server, IOptions<StreamingOptions> streaming, TimeProvider clock) : IPrepare, IDisposable
{
    private PooledDbContextFactory<SessionContext>? _contexts;

    private string Path => System.IO.Path.Combine(server.Value.DataFolder, "interactive.sqlite");

    private string Connection => new SqliteConnectionStringBuilder { DataSource = Path, DefaultTimeout = 30 }.ToString();

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(server.Value.DataFolder);
            _contexts = new(new DbContextOptionsBuilder<SessionContext>().UseSqlite(Connection).Options);
            await using var context = NewContext();
            var version = await context.Database.SqlQueryRaw<int>("SELECT user_version AS Value FROM pragma_user_version").SingleAsync(cancellation);
            if (version is not (0 or SessionContext.SchemaVersion))
                throw new StartUpException($"The session database {Path} was made by another version of this server (schema {version}, this one has {SessionContext.SchemaVersion}). Start that version, or name another folder with --data.");
            if (version == 0)
            {
                // The version is set last: a crash in between leaves a file that the next start makes anew.
                await context.Database.EnsureDeletedAsync(cancellation);
                await context.Database.EnsureCreatedAsync(cancellation);
                await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellation);
                await context.Database.ExecuteSqlRawAsync($"PRAGMA user_version={SessionContext.SchemaVersion}", cancellation);
            }

            await ForgetOldAsync(context, cancellation);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StartUpException($"The session database {Path} cannot be opened: {e.Message} Check its rights; if it is damaged, move it away: the sessions in it are lost then.", e);
        }
    }

    public SessionContext NewContext() => (_contexts ?? throw new InvalidOperationException("The session database is opened when the server starts.")).CreateDbContext();

    /// <summary>A connection of its own that does not wait for the disk with each change.</summary>
    public async Task<SessionWriter> NewWriterAsync()
    {
        var context = NewContext();
        await context.Database.OpenConnectionAsync();
        await context.Database.ExecuteSqlRawAsync("PRAGMA synchronous=NORMAL");
        return new SessionWriter(context);
    }

    public static async Task ForgetAsync(SessionContext context, string id)
    {
        await context.Frames.Where(f => f.SessionId == id).ExecuteDeleteAsync();
        await context.States.Where(s => s.SessionId == id).ExecuteDeleteAsync();
        await context.Steps.Where(s => s.SessionId == id).ExecuteDeleteAsync();
        await context.Labels.Where(l => l.SessionId == id).ExecuteDeleteAsync();
        await context.Log.Where(l => l.SessionId == id).ExecuteDeleteAsync();
        await context.Sessions.Where(s => s.Id == id).ExecuteDeleteAsync();
    }

    public void Dispose()
    {
        using var connection = new SqliteConnection(Connection);
        SqliteConnection.ClearPool(connection);
    }

    private async Task ForgetOldAsync(SessionContext context, CancellationToken cancellation)
    {
        var oldest = clock.GetUtcNow().AddDays(-streaming.Value.KeptDays).ToUnixTimeSeconds();
        foreach (var id in await context.Sessions.Where(s => s.LastUsed < oldest).Select(s => s.Id).ToListAsync(cancellation))
            await ForgetAsync(context, id);
    }
}
