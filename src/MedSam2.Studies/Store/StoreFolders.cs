using MedSam2.Studies.Store.Index;

namespace MedSam2.Studies.Store;

/// <summary>
/// The folders of a store: <c>dicom/STUDY/SERIES/INSTANCE.dcm</c> for what it holds, <c>incoming</c> for what is on its
/// way in or out, and the served folder. A file reaches or leaves <c>dicom</c> by one rename, so it is there whole or not at all.
/// </summary>
internal sealed class StoreFolders
{
    // What the system says of a file that another process holds: EWOULDBLOCK, or a sharing violation.
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;
    private const int LockedOnWindows = 32;

    private readonly string _root;

    public StoreFolders(string root, string? servedFolder)
    {
        _root = root;
        Served = servedFolder is null ? null : Path.GetFullPath(servedFolder);
        Own = Path.Combine(root, "dicom");
        Incoming = Path.Combine(root, "incoming");
        Directory.CreateDirectory(Own);
        Directory.CreateDirectory(Incoming);
    }

    public string Root => _root;

    public string Own { get; }

    public string Incoming { get; }

    public string? Served { get; }

    public string IndexFile => Path.Combine(_root, "index.sqlite");

    public static string RelativePathOf(string study, string series, string instance) => $"{study}/{series}/{instance}.dcm";

    public string FullPathOf(InstanceRow row) => row.Served
        ? Path.Combine(Served ?? throw new InvalidOperationException("The index has a served instance, but no folder is served."), row.Path)
        : Path.Combine(Own, row.Path);

    public string NewIncomingPath() => Path.Combine(Incoming, $"{Guid.NewGuid():N}.part");

    /// <summary>Keeps other processes out until the file is closed.</summary>
    /// <exception cref="StudyStoreException">Another process is in.</exception>
    public FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(_root, "in-use"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is LockedOnLinux or LockedOnMac or LockedOnWindows)
        {
            throw new StudyStoreException(StoreFault.Unusable, $"The data folder {_root} is in use by another server. Stop that one, or choose another folder with --data.", e);
        }
    }

    /// <summary>Throws away what a crash left half done.</summary>
    public void ClearIncoming()
    {
        foreach (var file in Directory.EnumerateFiles(Incoming))
            File.Delete(file);
    }

    /// <summary>Puts the names of new files on the disk, up to the folder that has always been there.</summary>
    public void FlushFoldersOf(IEnumerable<string> ownPaths)
    {
        var flushed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in ownPaths)
        {
            for (var folder = Path.GetDirectoryName(path); folder is not null && folder.StartsWith(Own, StringComparison.Ordinal) && flushed.Add(folder);)
            {
                FolderFlush.Flush(folder);
                folder = Path.GetDirectoryName(folder);
            }
        }
    }

    /// <summary>Removes the series' and study's folders where they are empty.</summary>
    public void RemoveEmptyFoldersAbove(string ownPath)
    {
        var folder = Path.GetDirectoryName(ownPath);
        while (folder is not null && folder != Own && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
            folder = Path.GetDirectoryName(folder);
        }
    }
}
