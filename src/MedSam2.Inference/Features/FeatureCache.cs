using MedSam2.Network;

namespace MedSam2.Inference.Features;

/// <summary>
/// Encoded slices of one session, bounded by bytes: the least recently used go first. The last one asked for always stays. The
/// <see cref="FeaturePool"/> bounds those of all sessions together.
/// </summary>
/// <param name="pool">Shared with other sessions.</param>
/// <param name="capacity">Bytes that the session may hold, on the device and spilled.</param>
/// <param name="mostAtOnce">Slices that are encoded together.</param>
/// <param name="encode">Encodes slices of one stack, in their order.</param>
internal sealed class FeatureCache(
    FeaturePool pool, long capacity, int mostAtOnce, Func<StackView, IReadOnlyList<int>, IReadOnlyList<ImageFeatures>> encode) : IDisposable
{
    private readonly LinkedList<EncodedSlice> recent = [];
    private readonly Dictionary<(StackView, int), LinkedListNode<EncodedSlice>> bySlice = [];

    /// <summary>Bytes that the features take.</summary>
    public long ByteCount { get; private set; }

    /// <summary>How often a slice has been encoded.</summary>
    public int EncodedCount { get; private set; }

    /// <summary>What a slice takes, as far as is known.</summary>
    public long BytesASlice => recent.Count == 0 ? 0 : ByteCount / recent.Count;

    public bool Contains(StackView view, int index) => bySlice.ContainsKey((view, index));

    /// <summary>The encoded slice, valid until the next call.</summary>
    public ImageFeatures Get(StackView view, int index)
    {
        lock (pool.Gate)
        {
            if (!bySlice.TryGetValue((view, index), out var node))
                return Keep(view, index, encode(view, [index])[0]).Features;
            recent.Remove(node);
            recent.AddLast(node);
            pool.Use(node.Value);
            return node.Value.Features;
        }
    }

    /// <summary>
    /// Encodes the slices that come next together, if the first of them is missing: one call of many slices is faster than many of one
    /// where the device is wide. As many as there is room for.
    /// </summary>
    /// <param name="view">The stack.</param>
    /// <param name="coming">The slices in the order in which they will be asked for.</param>
    public void Prepare(StackView view, IEnumerable<int> coming)
    {
        if (mostAtOnce <= 1)
            return;
        lock (pool.Gate)
        {
            var room = recent.Count == 0 ? 1 : (int)Math.Min(mostAtOnce, capacity / BytesASlice); // without a slice there is no telling how large one is
            int[] missing =
            [
                .. coming.Distinct()
                    .TakeWhile((index, n) => n > 0 || !Contains(view, index))
                    .Where(index => !Contains(view, index))
                    .Take(room),
            ];
            if (missing.Length <= 1)
                return;
            var features = encode(view, missing);
            for (var n = missing.Length - 1; n >= 0; n--) // so that the next one is the last to go
                Keep(view, missing[n], features[n]);
        }
    }

    /// <summary>Frees a slice; it is encoded again when it is asked for. Under the pool's gate.</summary>
    public void Drop(EncodedSlice slice)
    {
        recent.Remove(bySlice[(slice.View, slice.Index)]);
        bySlice.Remove((slice.View, slice.Index));
        ByteCount -= slice.ByteCount;
        pool.Remove(slice);
    }

    public void Dispose()
    {
        lock (pool.Gate)
        {
            while (recent.First is { } oldest)
                Drop(oldest.Value);
        }
    }

    private EncodedSlice Keep(StackView view, int index, ImageFeatures features)
    {
        var slice = new EncodedSlice(this, view, index, features);
        EncodedCount++;
        ByteCount += slice.ByteCount;
        bySlice.Add((view, index), recent.AddLast(slice));
        pool.Add(slice);
        while (ByteCount > capacity && recent.Count > 1)
            Drop(recent.First!.Value);
        return slice;
    }
}
