using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Features;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Sessions.State;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;

namespace MedSam2.Inference;

/// <summary>Taking objects out of a session, putting them back, and forgetting parts of them.</summary>
public sealed partial class VolumeSession
{
    /// <summary>
    /// An object as it is now, to the bit; null where there is none. Put back with <see cref="Restore"/>, it answers whatever
    /// comes next as it would now.
    /// </summary>
    public byte[]? Capture(int objectId)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return objects.TryGetValue(objectId, out var known) ? ObjectStateWriter.Write(known) : null;
    }

    /// <summary>Puts an object back as it was, in place of what it is; removes it where it was not.</summary>
    /// <param name="objectId">The object.</param>
    /// <param name="state">From <see cref="Capture"/>, in a session of the same volume, network and options.</param>
    /// <exception cref="InvalidDataException">The bytes are of another version; nothing was changed.</exception>
    public void Restore(int objectId, byte[]? state)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (state is null)
        {
            RemoveObject(objectId);
            return;
        }

        using var scope = new InferenceScope();
        using var reader = new BinaryReader(new MemoryStream(state));
        var known = new ObjectStateReader(reader, SliceSize, model.Network.Device, EmbeddingOf, CreateView)
            .Read((order, revision) => new SegmentedObject(objectId, model.Configuration, options, order: order, revision: revision));
        RemoveObject(objectId);
        nextOrder = Math.Max(nextOrder, known.Order + 1);
        objects.Insert(objects.Values.Count(other => other.Order < known.Order), objectId, known);
    }

    /// <summary>Forgets all that was said and found of an object, but not the object itself.</summary>
    /// <returns>False where there is no such object.</returns>
    public bool ResetObject(int objectId)
    {
        var index = objects.IndexOf(objectId);
        if (index < 0)
            return false;
        var old = objects.GetAt(index).Value;
        objects.SetAt(index, new SegmentedObject(objectId, model.Configuration, options, order: old.Order) { IsSeenCloser = old.IsSeenCloser });
        old.Dispose();
        return true;
    }

    /// <summary>
    /// Forgets what was said about an object on a slice, and its mask there. With the last such slice all of its masks go,
    /// since nothing is left that they follow from.
    /// </summary>
    /// <returns>False where nothing was said.</returns>
    public bool ClearSlice(int objectId, SliceAxis axis, int index)
    {
        if (!objects.TryGetValue(objectId, out var known) || !known.Stack(axis).Prompts.Remove(index))
            return false;
        known.Stack(axis).Memory.Unpin(index);
        known.Stack(axis).Masks.Remove(index);
        known.Stack(axis).Closer = []; // those of what is left are made when they are needed
        known.Invalidate();
        if (known.Stacks.All(s => s.Stack.Prompts.Count == 0))
        {
            foreach (var (_, stack) in known.Stacks)
                stack.Masks.Clear();
        }

        PinOne(known, axis);
        return true;
    }

    /// <summary>
    /// Makes an object of masks that somebody made elsewhere. Each slice counts as painted by hand; the largest one becomes
    /// the memory that other slices are tracked from.
    /// </summary>
    /// <param name="objectId">An id that no object has.</param>
    /// <param name="axis">The stack that the masks belong to.</param>
    /// <param name="masks">At least one, none of them empty, each in its slice's own size.</param>
    /// <exception cref="PromptException">There is no mask, or it does not fit the slice.</exception>
    public void AddObject(int objectId, SliceAxis axis, IReadOnlyDictionary<int, Mask> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.Count == 0 || objects.ContainsKey(objectId))
            throw new PromptException(masks.Count == 0 ? "The label is empty: there is nothing to load." : $"There is an object {objectId} already.");
        foreach (var (index, mask) in masks)
            PromptValidation.Check(new SlicePrompt(axis, index, [], null, mask), Volume.Geometry);
        var known = NewObject(objectId);
        var stack = known.Stack(axis);
        foreach (var (index, mask) in masks)
        {
            stack.Prompts[index] = new SlicePrompts([], null, mask);
            stack.Masks[index] = new StoredMask(MaskRuns.Encode(mask), 1, 1, known.Revision, IsReverse: false);
        }

        objects.Add(objectId, known);
        PinOne(known, axis);
    }

    /// <summary>
    /// Takes a tracked mask back that is newer than the object's state: it is shown and stored, and the next propagation
    /// finds it again, from the same memories as the first time. The orientations' disagreement, which told of the masks that
    /// the object had, goes with them.
    /// </summary>
    /// <param name="slice">A slice that nobody spoke about; any other is left as it is.</param>
    public void Adopt(KnownSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        if (!objects.TryGetValue(slice.ObjectId, out var known))
            return;
        var stack = known.Stack(slice.Axis);
        if (stack.Prompts.ContainsKey(slice.Index) || KnownAt(slice.ObjectId, slice.Axis, slice.Index) == slice)
            return;
        stack.Masks[slice.Index] = new StoredMask(slice.Runs, slice.PredictedIou, slice.Presence, Revision: -1, IsReverse: false);
        known.Spread = null;
    }

    /// <summary>
    /// How far the orientations of the last propagation disagreed about an object on a slice: a level a pixel, 0 to 255 for a
    /// spread of 0 to 0.5; null where that is not known.
    /// </summary>
    public byte[]? UncertaintyAt(int objectId, SliceAxis axis, int index) => objects.GetValueOrDefault(objectId)?.Spread?.Section(Volume.Geometry, axis, index);

    /// <summary>Encodes a slice before anybody asks for it, where there is room for it.</summary>
    /// <returns>Whether it was encoded now.</returns>
    public bool EncodeAhead(SliceAxis axis, int index)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var count = Volume.Geometry.SliceShape(axis).Count;
        if (index < 0 || index >= count || cache.Contains(axis, index) || cache.ByteCount + cache.BytesASlice > options.FeatureCacheBytes)
            return false;
        cache.Get(axis, index);
        return true;
    }

    /// <summary>Bytes that encoded slices take.</summary>
    public long FeatureBytes => cache.ByteCount;

    /// <summary>
    /// Tracking needs a slice to start from: where none of the stack's is pinned, the largest one that was painted by hand is.
    /// </summary>
    private void PinOne(SegmentedObject known, SliceAxis axis)
    {
        var stack = known.Stack(axis);
        if (stack.Memory.Pinned.Count > 0 || stack.Prompts.Count == 0)
            return;
        var (index, prompts) = stack.Prompts.MaxBy(p => p.Value.Mask?.Count() ?? 0);
        var segmenter = SegmenterOf(axis);
        using var answer = segmenter.Decode(index, prompts, known: null);
        stack.Memory.Pin(segmenter.Tracker.ToMemory(index, answer));
    }

    private (int Width, int Height) SliceSize(SliceAxis axis)
    {
        var (width, height, _) = Volume.Geometry.SliceShape(axis);
        return (width, height);
    }

    private Tensor EmbeddingOf(StackView view, int index) => cache.Get(view, index).Top.alias().DetachFromDisposeScope();
}
