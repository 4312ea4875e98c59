using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Sessions;

namespace MedSam2.Inference;

/// <summary>What a session knows, in the small form that it is kept in.</summary>
public sealed partial class VolumeSession
{
    /// <summary>All that is known of an object, stack by stack in the order of slices.</summary>
    public IEnumerable<KnownSlice> Known(int objectId) =>
        from stack in objects.GetValueOrDefault(objectId)?.Stacks ?? []
        from mask in stack.Stack.Masks
        select mask.Value.ToKnownSlice(objectId, stack.Axis, mask.Key, stack.Stack.Prompts.ContainsKey(mask.Key));

    /// <summary>What is known of an object on a slice; null where it was neither prompted nor tracked.</summary>
    public KnownSlice? KnownAt(int objectId, SliceAxis axis, int index)
    {
        var stack = objects.GetValueOrDefault(objectId)?.Stack(axis);
        return stack?.Masks.GetValueOrDefault(index)?.ToKnownSlice(objectId, axis, index, stack.Prompts.ContainsKey(index));
    }

    /// <summary>
    /// An object as it is now, to be painted whenever and on whichever thread: 1 where it is. Slices that were painted by hand
    /// are in it as they were painted.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such object.</exception>
    public Func<LabelMap> Painter(int objectId)
    {
        if (!objects.TryGetValue(objectId, out var known))
            throw new ArgumentException($"There is no object {objectId}.", nameof(objectId));
        var (geometry, slices) = (Volume.Geometry, LabelPainting.Layers(known));
        return () => LabelPainting.Paint(geometry, slices);
    }

    /// <summary>What was said about an object, slice by slice. Points, box and mask are as they count now.</summary>
    public IEnumerable<SlicePrompt> PromptsOf(int objectId) =>
        from stack in objects.GetValueOrDefault(objectId)?.Stacks ?? []
        from said in stack.Stack.Prompts
        select new SlicePrompt(stack.Axis, said.Key, said.Value.Points, said.Value.Box, said.Value.Mask);
}
