using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace MedSam2.Studies.Store.Index;

/// <summary>Opens the index file and hands out contexts on it. Many readers and one writer at a time.</summary>
internal sealed class IndexDatabase : IDisposable
{
    private readonly PooledDbContextFactory<IndexContext> _contexts;
    private readonly string _connection;

    private IndexDatabase(string path)
    {
        _connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();
        _contexts = new(new DbContextOptionsBuilder<IndexContext>().UseSqlite(_connection).Options);
    }

    /// <summary>Opens the index; one that is damaged or of another version is removed and started anew.</summary>
    public static IndexDatabase Open(string path)
    {
        var database = new IndexDatabase(path);
        try
        {
            if (!database.IsCurrent(path))
            {
                database.Dispose();
                foreach (var suffix in new[] { "", "-wal", "-shm" })
                    File.Delete(path + suffix);
                database.Create();
            }

            return database;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            database.Dispose();
            throw new StudyStoreException(StoreFault.Unusable, "The store's index cannot be opened. Check the rights on the data folder, and that no other server uses it.", e);
        }
    }

    public IndexContext NewContext() => _contexts.CreateDbContext();

    public void Dispose() => SqliteConnection.ClearPool(new SqliteConnection(_connection));

    private bool IsCurrent(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using var context = NewContext();
            return context.Database.SqlQueryRaw<int>("SELECT user_version AS Value FROM pragma_user_version").Single() == IndexContext.SchemaVersion;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 11 or 26)
        {
            // SQLITE_CORRUPT, SQLITE_NOTADB: the files still have everything.
            return false;
        }
    }

    private void Create()
    {
        using var context = NewContext();
        context.Database.EnsureCreated();
        context.Database.ExecuteSqlRaw("PRAGMA journal_mode=WAL");
        context.Database.ExecuteSqlRaw($"PRAGMA user_version={IndexContext.SchemaVersion}");
    }
}
