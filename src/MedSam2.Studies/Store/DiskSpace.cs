using Microsoft.Data.Sqlite;

namespace MedSam2.Studies.Store;

/// <summary>Tells a full disk from other failures.</summary>
internal static class DiskSpace
{
    private const int SqliteFull = 13;

    /// <summary>ENOSPC and EDQUOT on Unix, ERROR_DISK_FULL on Windows, SQLite's own word for it, at any depth.</summary>
    public static bool IsMissing(Exception? exception) => exception switch
    {
        null => false,
        IOException { HResult: 28 or 122 or unchecked((int)0x80070070) } => true,
        SqliteException { SqliteErrorCode: SqliteFull } => true,
        _ => IsMissing(exception.InnerException),
    };

    public static StudyStoreException Failure(Exception cause) => new(
        StoreFault.NoSpace, "The disk of the study store is full; nothing of the request was stored. Free some space and send it again.", cause);
}
