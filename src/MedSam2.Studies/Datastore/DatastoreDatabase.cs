using MedSam2.Studies.Store;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace MedSam2.Studies.Datastore;

/// <summary>The database of images, labels and who holds what. A change is on disk when it is answered.</summary>
internal sealed class DatastoreDatabase : IDisposable
{
    private readonly PooledDbContextFactory<DatastoreContext> _contexts;
    private readonly string _connection;

    private DatastoreDatabase(string path)
    {
        _connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();
        _contexts = new(new DbContextOptionsBuilder<DatastoreContext>().UseSqlite(_connection).Options);
    }

    /// <exception cref="StudyStoreException">The file is damaged, or made by another version.</exception>
    public static DatastoreDatabase Open(string path)
    {
        var database = new DatastoreDatabase(path);
        try
        {
            database.Prepare();
            return database;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            database.Dispose();
            throw new StudyStoreException(
                StoreFault.Unusable,
                $"The label database {path} cannot be opened: {e.Message} Check its rights; if it is damaged, move it away, and labels are found again by their files.",
                e);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public DatastoreContext NewContext() => _contexts.CreateDbContext();

    public void Dispose() => SqliteConnection.ClearPool(new SqliteConnection(_connection));

    private void Prepare()
    {
        using var context = NewContext();
        var version = context.Database.SqlQueryRaw<int>("SELECT user_version AS Value FROM pragma_user_version").Single();
        if (version == DatastoreContext.SchemaVersion)
            return;
        if (version == 1)
        {
            ShareHolds(context);
            return;
        }

        if (version != 0)
            throw new StudyStoreException(StoreFault.Unusable, $"The label database was made by another version of this server (schema {version}, this one has {DatastoreContext.SchemaVersion}). Start that version, or name another folder with --data.");

        // The version is set last: a crash in between leaves a file that the next start makes anew.
        context.Database.EnsureDeleted();
        context.Database.EnsureCreated();
        context.Database.ExecuteSqlRaw("PRAGMA journal_mode=WAL");
        context.Database.ExecuteSqlRaw($"PRAGMA user_version={DatastoreContext.SchemaVersion}");
    }

    /// <summary>From schema 1, in which one person alone could hold an image.</summary>
    private static void ShareHolds(DatastoreContext context)
    {
        using var change = context.Database.BeginTransaction();
        context.Database.ExecuteSqlRaw("ALTER TABLE \"Holds\" RENAME TO \"FormerHolds\"");
        context.Database.ExecuteSqlRaw("CREATE TABLE \"Holds\" (\"ImageId\" TEXT NOT NULL, \"Holder\" TEXT NOT NULL, \"Since\" INTEGER NOT NULL, CONSTRAINT \"PK_Holds\" PRIMARY KEY (\"ImageId\", \"Holder\"))");
        context.Database.ExecuteSqlRaw("INSERT INTO \"Holds\" SELECT \"ImageId\", \"Holder\", \"Since\" FROM \"FormerHolds\"");
        context.Database.ExecuteSqlRaw("DROP TABLE \"FormerHolds\"");
        context.Database.ExecuteSqlRaw("PRAGMA user_version=2");
        change.Commit();
    }
}
