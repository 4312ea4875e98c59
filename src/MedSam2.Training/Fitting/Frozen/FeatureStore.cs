using MedSam2.Network;
using MedSam2.Training.Data;
using MedSam2.Training.Data.Labelled;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting.Frozen;

/// <summary>
/// What a frozen encoder made of the slices it has seen, in memory and on disk, each bounded by bytes. Slices are encoded one at a
/// time, so that a slice's features are the same bit for bit whatever batch it comes in and whether they were kept or not.
/// </summary>
/// <remarks>For one thread at a time, the one that drives the device. The encoder must not change while the store is in use.</remarks>
public sealed class FeatureStore : IDisposable
{
    private readonly Sam2Model model;
    private readonly long memoryBytes;
    private readonly FeatureFile? file;
    private readonly LinkedList<(SliceKey Key, ImageFeatures Features)> recent = [];
    private readonly Dictionary<SliceKey, LinkedListNode<(SliceKey Key, ImageFeatures Features)>> byKey = [];

    public FeatureStore(Sam2Model model, FeatureStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.model = model;
        memoryBytes = options.MemoryBytes;
        file = options.DiskBytes > 0 ? new FeatureFile(options.Folder ?? Path.GetTempPath(), options.DiskBytes) : null;
    }

    /// <summary>How often a slice has been encoded.</summary>
    public int EncodedCount { get; private set; }

    /// <summary>Bytes in memory.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Bytes on disk.</summary>
    public long DiskByteCount => file?.ByteCount ?? 0;

    /// <summary>The features of all slices of a batch, in their order; the tensors belong to the caller's dispose scope.</summary>
    /// <param name="batch">Its slices have keys.</param>
    public ImageFeatures Gather(TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var keys = batch.Keys ?? throw new ArgumentException("The slices of the batch have no names to keep their features by.", nameof(batch));
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        var images = batch.Images.flatten(0, 1); // B*T,3,S,S
        var slices = new ImageFeatures[keys.Count];
        for (var n = 0; n < slices.Length; n++)
        {
            // A copy: the next slices may push this one out of memory.
            slices[n] = new([.. Get(keys[n], images.narrow(0, n, 1)).Levels.Select(level => level.clone())]);
        }

        return new ImageFeatures([.. Enumerable.Range(0, slices[0].Levels.Count).Select(level => cat([.. slices.Select(s => s.Levels[level])]))])
            .MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var (_, features) in recent)
            features.Dispose();
        recent.Clear();
        byKey.Clear();
        ByteCount = 0;
        file?.Dispose();
    }

    private ImageFeatures Get(SliceKey key, Tensor image)
    {
        if (byKey.TryGetValue(key, out var node))
        {
            recent.Remove(node);
            recent.AddLast(node);
            return node.Value.Features;
        }

        var features = (file?.Read(key, model.Device) ?? Encode(image)).DetachFromDisposeScope();
        byKey.Add(key, recent.AddLast((key, features)));
        ByteCount += features.ByteCount;
        while (ByteCount > memoryBytes && recent.Count > 1)
            DropOldest();
        return features;
    }

    private ImageFeatures Encode(Tensor image)
    {
        EncodedCount++;
        return model.EncodeImage(image);
    }

    private void DropOldest()
    {
        var (key, features) = recent.First!.Value;
        recent.RemoveFirst();
        byKey.Remove(key);
        ByteCount -= features.ByteCount;
        file?.Write(key, features);
        features.Dispose();
    }
}
