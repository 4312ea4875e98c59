using System.Security.Cryptography;
using System.Text;

namespace MedSam2.Studies.DicomWebClient.Cache;

/// <summary>
/// Instances of the archive on disk, bounded by bytes: the least recently used go first, those in use stay. A key names the
/// content, so what has changed in the archive is another entry. Nothing in it is precious: it may be deleted at any time
/// while the server is down. Safe for any number of threads, for one process a folder.
/// </summary>
public sealed class InstanceCache
{
    private const string Extension = ".dcm";

    private readonly string _folder;
    private readonly string _incoming;
    private readonly long _capacity;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _recent = [];
    private long _bytes;

    /// <param name="folder">Made where it does not exist; nothing else may lie in it.</param>
    /// <param name="capacityBytes">Entries in use may go beyond it.</param>
    /// <exception cref="ArchiveException">The folder cannot be used.</exception>
    public InstanceCache(string folder, long capacityBytes)
    {
        _folder = folder;
        _incoming = Path.Combine(folder, "incoming");
        _capacity = capacityBytes;
        try
        {
            if (Directory.Exists(_incoming))
                Directory.Delete(_incoming, recursive: true);
            Directory.CreateDirectory(_incoming);
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*" + Extension, SearchOption.AllDirectories).OrderByDescending(file => file.LastWriteTimeUtc))
            {
                var node = _recent.AddLast(new Entry(Path.GetFileNameWithoutExtension(file.Name), file.FullName, file.Length));
                _entries.Add(node.Value.Name, node);
                _bytes += file.Length;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArchiveException(ArchiveFault.NoSpace, "The cache folder for instances of the archive cannot be used. Check its rights, or name another data folder.", e);
        }

        lock (_lock)
            Evict();
    }

    /// <summary>Bytes on disk.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>The file of an entry, which stays until it is released; null where there is none.</summary>
    public CachedInstance? TryUse(string key)
    {
        var name = NameOf(key);
        lock (_lock)
        {
            if (!_entries.TryGetValue(name, out var node))
                return null;
            if (!File.Exists(node.Value.Path))
            {
                Remove(node);
                return null;
            }

            return Use(node);
        }
    }

    /// <summary>A new file to write an instance to before it is added.</summary>
    public string NewFile() => Path.Combine(_incoming, Guid.NewGuid().ToString("N"));

    /// <summary>Takes a file of <see cref="NewFile"/> as an entry, in use by the caller.</summary>
    public CachedInstance Add(string key, string file)
    {
        var name = NameOf(key);
        var path = Path.Combine(_folder, name[..2], name + Extension);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        lock (_lock)
        {
            if (_entries.TryGetValue(name, out var known))
            {
                File.Delete(file);
                return Use(known);
            }

            var length = new FileInfo(file).Length;
            File.Move(file, path, overwrite: true);
            var node = _recent.AddFirst(new Entry(name, path, length));
            _entries.Add(name, node);
            _bytes += length;
            var use = Use(node);
            Evict();
            return use;
        }
    }

    internal void Release(string name)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(name, out var node))
                node.Value.Users--;
            Evict();
        }
    }

    private CachedInstance Use(LinkedListNode<Entry> node)
    {
        node.Value.Users++;
        _recent.Remove(node);
        _recent.AddFirst(node);
        File.SetLastWriteTimeUtc(node.Value.Path, DateTime.UtcNow);
        return new CachedInstance(this, node.Value.Name, node.Value.Path);
    }

    private void Evict()
    {
        for (var node = _recent.Last; node is not null && _bytes > _capacity;)
        {
            var before = node.Previous;
            if (node.Value.Users == 0)
            {
                File.Delete(node.Value.Path);
                Remove(node);
            }

            node = before;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _entries.Remove(node.Value.Name);
        _bytes -= node.Value.Length;
    }

    private static string NameOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private sealed class Entry(string name, string path, long length)
    {
        public string Name { get; } = name;

        public string Path { get; } = path;

        public long Length { get; } = length;

        public int Users { get; set; }
    }
}

/// <summary>An entry of the cache that stays on disk until this is disposed.</summary>
public sealed class CachedInstance : IDisposable
{
    private readonly InstanceCache _cache;
    private readonly string _name;
    private bool _released;

    internal CachedInstance(InstanceCache cache, string name, string path)
    {
        _cache = cache;
        _name = name;
        Path = path;
    }

    public string Path { get; }

    public void Dispose()
    {
        if (_released)
            return;
        _released = true;
        _cache.Release(_name);
    }
}
