using System.Collections.Concurrent;
using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Models.Versions;

namespace MedSam2.Server.Device;

/// <summary>
/// Networks that were served before: a kept session goes on with the one that it was made with, whatever is served by then.
/// Each is in memory once, as long as somebody uses it.
/// </summary>
/// <param name="versions">Where they lie.</param>
/// <param name="load">Loads a model's folder or weights file on the device.</param>
internal sealed class EarlierModels(ModelVersions versions, Func<string, CancellationToken, Task<SegmentationModel>> load) : IDisposable
{
    private readonly SemaphoreSlim _loading = new(1);
    private readonly ConcurrentDictionary<string, ServedModel> _known = [];

    /// <summary>Remembers a network that is served no more: its users keep it in memory, and others may share it.</summary>
    public void Add(ServedModel served) => _known[served.Model.Sha256] = served;

    /// <summary>The network of these weights; null where no version has them, or its files are gone or damaged.</summary>
    /// <param name="sha256">Of the weights file, lower-case hexadecimal.</param>
    /// <param name="cancellation">Ends the waiting for the device.</param>
    public async Task<ModelLease?> LeaseAsync(string sha256, CancellationToken cancellation)
    {
        await _loading.WaitAsync(cancellation);
        try
        {
            if (_known.TryGetValue(sha256, out var known) && known.TryTake())
                return new ModelLease(known);
            _known.TryRemove(sha256, out _);
            if (Find(sha256) is not { } path)
                return null;
            var loaded = new ServedModel(await load(path, cancellation));
            _known[sha256] = loaded;
            return new ModelLease(loaded); // the first user: it goes with the last lease
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private string? Find(string sha256)
    {
        var path = versions.PathOf(versions.List().FirstOrDefault(version => version.Sha256 == sha256)?.Number ?? 0);
        try
        {
            return Path.Exists(path) && Sam2Weights.Find(path).Sha256 == sha256 ? path : null;
        }
        catch (Exception exception) when (exception is CheckpointException or ConfigurationException)
        {
            return null; // whoever asks says that the network is gone
        }
    }
}
