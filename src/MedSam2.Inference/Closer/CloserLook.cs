using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Closer;

/// <summary>
/// Looks at objects in closer views beside the whole slice, and fuses what all of them say. A small network sees an organ best that
/// fills a third of its picture, and several views make up for each other's slips. Each object has views of its own, each of
/// which remembers for itself, so that an object costs as much as three. Only boxes and painted masks tell how close to look: an
/// object of clicks alone is seen as a whole slice shows it, since views of a size that was guessed made its masks worse.
/// </summary>
/// <param name="geometry">The volume's grid.</param>
/// <param name="whole">The stack of whole slices along an axis.</param>
/// <param name="create">Makes the view of a region along an axis that knows nothing yet.</param>
internal sealed class CloserLook(VolumeGeometry geometry, Func<SliceAxis, StackSegmenter> whole, Func<SliceAxis, PixelBox, int, CloserView> create)
{
    /// <summary>
    /// <see cref="ObjectMemory.PresenceMargin"/> of an object that is asked for with a closer look and whose size was said, in each view and
    /// on whole slices, also where it is too large for views. Measured: what is boxed is found more surely than what is clicked, where it is
    /// and also where it has ended.
    /// </summary>
    public const float PresenceMargin = 0.8f;

    /// <summary>Decodes a slice's prompts in every view, remembers them, and shows what they say together.</summary>
    /// <param name="known">The object.</param>
    /// <param name="axis">The stack.</param>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="prompts">All that was said about the slice.</param>
    /// <param name="answer">What the whole slice answered.</param>
    /// <param name="isAfresh">Whether what was known of the slice plays no part.</param>
    public SliceMask Prompt(SegmentedObject known, SliceAxis axis, int slice, SlicePrompts prompts, SliceAnswer answer, bool isAfresh)
    {
        var segmenter = whole(axis);
        var stack = known.Stack(axis);
        var seen = stack.Prompts.ContainsKey(slice) ? null : Seen(stack, axis, slice);
        Choose(known, axis, [.. Said(stack, slice), prompts]);
        List<SliceAnswer> answers = [];
        try
        {
            foreach (var view in stack.Closer)
                answers.Add(view.Decode(slice, prompts, seen, isAfresh));
            var fused = prompts.Mask is null && answers.Count > 0 ? Fuse(segmenter, slice, answer, stack.Closer, answers) : null;
            var shown = segmenter.Pin(known, slice, prompts, answer, fused);
            foreach (var (view, said) in stack.Closer.Zip(answers))
                view.Pin(slice, prompts, said, stack.Memory.Pinned[slice].IsCorrection);
            return shown;
        }
        finally
        {
            answers.ForEach(said => said.Dispose());
        }
    }

    /// <summary>Makes an object ready to be tracked: with the views of one that is seen closer, made from what was said about it where it came without.</summary>
    public void Prepare(SegmentedObject known, SliceAxis axis)
    {
        var stack = known.Stack(axis);
        SlicePrompts[] said = [.. Said(stack, except: -1)];
        if (stack.Closer.Count == 0)
            Choose(known, axis, said);
        foreach (var view in stack.Closer)
            view.EncodePinned();
        if (PromptedExtent.Of(said).IsEmpty)
            return;
        foreach (var memory in stack.Closer.Select(view => view.Inside.Stack(axis).Memory).Prepend(stack.Memory))
            memory.PresenceMargin = PresenceMargin;
    }

    /// <summary>Tracks an object in its closer views of a slice that was tracked as a whole, and fuses what they say.</summary>
    public FusedSlice Track(SegmentedObject known, SliceAxis axis, Visit visit, SliceAnswer answer)
    {
        var views = known.Stack(axis).Closer;
        List<SliceAnswer> answers = [];
        try
        {
            foreach (var view in views)
                answers.Add(view.Track(visit));
            return Fuse(whole(axis), visit.Slice, answer, views, answers);
        }
        finally
        {
            answers.ForEach(said => said.Dispose());
        }
    }

    private FusedSlice Fuse(StackSegmenter segmenter, int slice, SliceAnswer answer, IReadOnlyList<CloserView> views, IReadOnlyList<SliceAnswer> answers)
    {
        var (width, height, _) = geometry.SliceShape(segmenter.Stack.Axis);
        return FusedSlice.Of(
            width,
            height,
            [
                (new PixelBox(0, 0, width, height), segmenter.ToLogits(slice, answer.Logits), answer),
                .. views.Zip(answers, (view, said) => (view.Region, view.ToLogits(slice, said), said)),
            ]);
    }

    /// <summary>Keeps the views as long as they show the object well; or else takes others, which learn what was said about it so far.</summary>
    private void Choose(SegmentedObject known, SliceAxis axis, SlicePrompts[] said)
    {
        var stack = known.Stack(axis);
        var extent = PromptedExtent.Of(said);
        var (width, height, _) = geometry.SliceShape(axis);
        var (x, y, _) = geometry.SliceSpacing(axis);
        if (CloserRegions.StillFit([.. stack.Closer.Select(v => v.Region)], extent, (width, height), (x, y)))
            return;
        List<CloserView> views = [];
        try
        {
            foreach (var region in CloserRegions.Around(extent, (width, height), (x, y)))
            {
                views.Add(create(axis, region, known.Id));
                foreach (var (slice, memory) in stack.Memory.Pinned)
                {
                    using var answer = views[^1].Decode(slice, stack.Prompts[slice], seen: null, isAfresh: true);
                    views[^1].Pin(slice, stack.Prompts[slice], answer, memory.IsCorrection);
                }
            }
        }
        catch
        {
            views.ForEach(view => view.Dispose());
            throw;
        }

        stack.Closer = views;
    }

    private Mask? Seen(ObjectStack stack, SliceAxis axis, int slice)
    {
        var (width, height, _) = geometry.SliceShape(axis);
        return stack.Masks.GetValueOrDefault(slice)?.Runs.Decode(width, height);
    }

    private static IEnumerable<SlicePrompts> Said(ObjectStack stack, int except) =>
        stack.Memory.Pinned.Keys.Where(slice => slice != except).Select(slice => stack.Prompts[slice]);
}
