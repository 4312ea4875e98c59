using MedSam2.Imaging.Geometry;
using MedSam2.Network;

namespace MedSam2.Inference.Sessions;

/// <summary>Encoded slices of one session, bounded by bytes: the least recently used go first. The last one asked for always stays.</summary>
internal sealed class FeatureCache(long capacity, Func<SliceAxis, int, ImageFeatures> encode) : IDisposable
{
    private readonly LinkedList<(SliceAxis Axis, int Index, ImageFeatures Features)> recent = [];
    private readonly Dictionary<(SliceAxis, int), LinkedListNode<(SliceAxis Axis, int Index, ImageFeatures Features)>> bySlice = [];

    /// <summary>Bytes that the features take.</summary>
    public long ByteCount { get; private set; }

    /// <summary>How often a slice has been encoded.</summary>
    public int EncodedCount { get; private set; }

    /// <summary>What a slice takes, as far as is known.</summary>
    public long BytesASlice => recent.Count == 0 ? 0 : ByteCount / recent.Count;

    public bool Contains(SliceAxis axis, int index) => bySlice.ContainsKey((axis, index));

    /// <summary>The encoded slice, valid until the next call.</summary>
    public ImageFeatures Get(SliceAxis axis, int index)
    {
        if (bySlice.TryGetValue((axis, index), out var node))
        {
            recent.Remove(node);
            recent.AddLast(node);
            return node.Value.Features;
        }

        var features = encode(axis, index).DetachFromDisposeScope();
        EncodedCount++;
        ByteCount += features.ByteCount;
        bySlice.Add((axis, index), recent.AddLast((axis, index, features)));
        while (ByteCount > capacity && recent.Count > 1)
            DropOldest();
        return features;
    }

    public void Dispose()
    {
        while (recent.Count > 0)
            DropOldest();
    }

    private void DropOldest()
    {
        var (axis, index, features) = recent.First!.Value;
        recent.RemoveFirst();
        bySlice.Remove((axis, index));
        ByteCount -= features.ByteCount;
        features.Dispose();
    }
}
