using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Jobs.Storage;

/// <summary>The database of jobs, in the data folder. A change is on disk when it is answered.</summary>
internal sealed class JobDatabase(IOptions<ServerOptions> options) : IPrepare, IDisposable
{
    private PooledDbContextFactory<JobsContext>? _contexts;

    /// <summary>A folder of its own for each job.</summary>
    public string Folder => Path.Combine(options.Value.DataFolder, "jobs");

    private string Connection => new SqliteConnectionStringBuilder { DataSource = Path.Combine(Folder, "jobs.db"), DefaultTimeout = 30 }.ToString();

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            _contexts = new(new DbContextOptionsBuilder<JobsContext>().UseSqlite(Connection).Options);
            await using var context = NewContext();
            var version = await context.Database.SqlQueryRaw<int>("SELECT user_version AS Value FROM pragma_user_version").SingleAsync(cancellation);
            if (version == JobsContext.SchemaVersion)
                return;
            if (version != 0)
                throw new StartUpException($"The job database in {Folder} was made by another version of this server (schema {version}, this one has {JobsContext.SchemaVersion}). Start that version, or name another folder with --data.");

            // The version is set last: a crash in between leaves a file that the next start makes anew.
            await context.Database.EnsureDeletedAsync(cancellation);
            await context.Database.EnsureCreatedAsync(cancellation);
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellation);
            await context.Database.ExecuteSqlRawAsync($"PRAGMA user_version={JobsContext.SchemaVersion}", cancellation);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StartUpException($"The job database in {Folder} cannot be opened: {e.Message} Check its rights; if it is damaged, move it away: what it says of past jobs is lost then.", e);
        }
    }

    public JobsContext NewContext() => (_contexts ?? throw new InvalidOperationException("The job database is opened when the server starts.")).CreateDbContext();

    public void Dispose()
    {
        using var connection = new SqliteConnection(Connection);
        SqliteConnection.ClearPool(connection);
    }
}
