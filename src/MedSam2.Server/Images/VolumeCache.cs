using MedSam2.Server.Configuration;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Images;

/// <summary>
/// Volumes in memory, bounded by bytes: the least recently used go first, the last one asked for always stays. Callers that
/// ask for the same volume at once wait for one load. Safe for any number of threads.
/// </summary>
internal sealed class VolumeCache(IOptions<InferenceOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _recent = [];
    private long _bytes;

    /// <summary>What the loaded volumes take.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>Volumes that are here or being loaded.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>The volume of <paramref name="key"/>, loaded where it is not here yet.</summary>
    /// <param name="key">Names the content, not only the place: what has changed has another key.</param>
    /// <param name="load">Runs once for all who wait, so no single caller can cancel it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<LoadedImage> GetAsync(string key, Func<Task<LoadedImage>> load, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                var loading = Task.Run(load, CancellationToken.None);
                node = new(new(key, loading));
                _entries.Add(key, node);
                _ = loading.ContinueWith(task => Settle(node, task), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            else
            {
                _recent.Remove(node);
            }

            _recent.AddFirst(node);
            return node.Value.Loading.WaitAsync(cancellation);
        }
    }

    /// <summary>The volume of <paramref name="key"/> where it is here or being loaded; else null.</summary>
    public Task<LoadedImage>? Find(string key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node))
                return null;
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Loading;
        }
    }

    private void Settle(LinkedListNode<Entry> node, Task<LoadedImage> loading)
    {
        lock (_lock)
        {
            if (!loading.IsCompletedSuccessfully)
            {
                Remove(node);
                return;
            }

            node.Value.Bytes = loading.Result.Bytes;
            _bytes += node.Value.Bytes;
            for (var last = _recent.Last; _bytes > options.Value.VolumeCacheBytes && last != _recent.First; last = _recent.Last)
                Remove(last!);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _entries.Remove(node.Value.Key);
        _bytes -= node.Value.Bytes;
    }

    private sealed class Entry(string key, Task<LoadedImage> loading)
    {
        public string Key { get; } = key;

        public Task<LoadedImage> Loading { get; } = loading;

        /// <summary>0 until it is loaded.</summary>
        public long Bytes { get; set; }
    }
}
