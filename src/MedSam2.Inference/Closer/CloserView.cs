using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Closer;

/// <summary>One object in one closer view of a stack: it is prompted and tracked there as if the part were all there is.</summary>
/// <param name="region">The part of each slice, in slice pixels.</param>
/// <param name="segmenter">Of the stack of these parts.</param>
/// <param name="inside">The object as this view knows it; its prompts and masks are in the part's pixels. Owned.</param>
internal sealed class CloserView(PixelBox region, StackSegmenter segmenter, SegmentedObject inside) : IDisposable
{
    public PixelBox Region => region;

    public SegmentedObject Inside => inside;

    private SliceAxis Axis => segmenter.Stack.Axis;

    private ObjectMemory Memory => inside.Stack(Axis).Memory;

    /// <summary>Decodes all that was said about a slice.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="prompts">In slice pixels.</param>
    /// <param name="seen">What the person saw there, if it was tracked: the correction starts from it.</param>
    /// <param name="isAfresh">Whether what was known of the slice plays no part.</param>
    public SliceAnswer Decode(int slice, SlicePrompts prompts, Mask? seen, bool isAfresh)
    {
        var stack = inside.Stack(Axis);
        var isKnown = stack.Memory.Pinned.ContainsKey(slice);
        if (!isKnown && seen is not null)
            stack.Masks[slice] = new StoredMask(MaskRuns.Encode(seen.Cut(region)), 1, 1, inside.Revision, IsReverse: false);
        return segmenter.Decode(slice, prompts.Within(region), isAfresh || (!isKnown && seen is null) ? null : stack);
    }

    /// <summary>Remembers a slice that was spoken about.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="prompts">In slice pixels.</param>
    /// <param name="answer">This view's answer to them.</param>
    /// <param name="isCorrection">As the whole slice is remembered: a view that is made later does not know what had been tracked.</param>
    public void Pin(int slice, SlicePrompts prompts, SliceAnswer answer, bool isCorrection)
    {
        segmenter.Pin(inside, slice, prompts.Within(region), answer);
        Memory.Pinned[slice].IsCorrection = isCorrection;
    }

    /// <summary>Encodes the remembered slices that have not been yet.</summary>
    public void EncodePinned() => segmenter.EncodePinned(Memory);

    /// <inheritdoc cref="StackSegmenter.Track"/>
    public SliceAnswer Track(Visit visit) => segmenter.Track(visit, [Memory])[0];

    /// <summary>An answer's logits, one for each pixel of the part.</summary>
    public float[] ToLogits(int slice, SliceAnswer answer) => segmenter.ToLogits(slice, answer.Logits);

    public void Dispose() => inside.Dispose();
}
