using MedSam2.Imaging.Masks;
using MedSam2.Inference.Closer;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;

namespace MedSam2.Inference.Sessions;

/// <summary>Prompts and tracking on one stack, between what the network says and masks in the slices' own pixels.</summary>
/// <param name="network">The network.</param>
/// <param name="pool">Encoded slices, which make room where the device has none left.</param>
/// <param name="stack">The slices.</param>
/// <param name="options">How holes are filled.</param>
internal sealed class StackSegmenter(Sam2Model network, FeaturePool pool, ISliceStack stack, TrackingOptions options)
{
    private readonly int logitSize = network.Configuration.LowResolutionMaskSize;

    public ISliceStack Stack => stack;

    public Tracker Tracker { get; } = new(network, stack);

    /// <inheritdoc cref="Tracker.EncodePinned"/>
    public void EncodePinned(ObjectMemory memory) => DeviceMemory.Run(pool, _ =>
    {
        Tracker.EncodePinned(memory);
        return true;
    });

    /// <inheritdoc cref="Tracker.Track"/>
    public IReadOnlyList<SliceAnswer> Track(Visit visit, IReadOnlyList<ObjectMemory> objects) =>
        DeviceMemory.Run(pool, sparingly => Tracker.Track(visit, objects, mostTogether: sparingly ? 1 : int.MaxValue));

    /// <summary>Decodes all that was said about an object on a slice.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="prompts">Earlier prompts on the slice and the new one.</param>
    /// <param name="known">What is known of the object so far; null for a new one.</param>
    public SliceAnswer Decode(int slice, SlicePrompts prompts, ObjectStack? known) => DeviceMemory.Run(pool, _ => DecodeOnce(slice, prompts, known));

    private SliceAnswer DecodeOnce(int slice, SlicePrompts prompts, ObjectStack? known)
    {
        using var scope = new InferenceScope();
        var placement = stack.Placement(slice);
        if (prompts.Mask is { } drawn)
            return Tracker.PromptMask(slice, NetworkInput.FromMask(drawn, placement));

        var pinned = known?.Memory.Pinned.GetValueOrDefault(slice);
        var tracked = pinned is null ? known?.Masks.GetValueOrDefault(slice) : null;
        var previous = pinned?.MaskLogits ?? (tracked is null ? null : LogitsOf(tracked.Runs.Decode(placement.Width, placement.Height), placement));
        if (tracked is null)
            return Tracker.Prompt(slice, prompts.ToNetwork(placement), previous, memory: null);
        Tracker.EncodePinned(known!.Memory);
        return Tracker.Prompt(slice, prompts.ToNetwork(placement), previous, known.Memory, tracked.IsReverse);
    }

    /// <summary>Pins a prompted slice; all that was tracked of the object is out of date from now on.</summary>
    /// <param name="target">The object.</param>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="prompts">All that was said about the object there.</param>
    /// <param name="answer">The network's answer to it, which becomes the memory.</param>
    /// <param name="shown">What is shown and kept as the slice's mask; null: the answer's own.</param>
    public SliceMask Pin(SegmentedObject target, int slice, SlicePrompts prompts, SliceAnswer answer, FusedSlice? shown = null)
    {
        var known = target.Stack(stack.Axis);
        var memory = Tracker.ToMemory(slice, answer);
        memory.IsCorrection = IsCorrection(known, slice, prompts);
        known.Prompts[slice] = prompts;
        known.Memory.Pin(memory);
        target.Invalidate();
        var (mask, iou, presence) = shown ?? new FusedSlice(prompts.Mask ?? ToMask(slice, answer.Logits), answer.PredictedIou, answer.Presence);
        known.Masks[slice] = new StoredMask(MaskRuns.Encode(mask), iou, presence, target.Revision, IsReverse: false);
        return new SliceMask(target.Id, stack.Axis, slice, mask, iou, presence)
        {
            Alternatives = Alternatives(slice, answer),
        };
    }

    /// <summary>The decoder's logits as a mask in the slice's own pixels.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="logits"><c>[1, 1, S/4, S/4]</c>.</param>
    public Mask ToMask(int slice, Tensor logits) => MaskSampling.ToMask(Values(logits), logitSize, stack.Placement(slice));

    /// <summary>The decoder's logits in the slice's own pixels.</summary>
    public float[] ToLogits(int slice, Tensor logits) => MaskSampling.ToLogits(Values(logits), logitSize, stack.Placement(slice));

    /// <summary>Clicks on a slice that was tracked, or was a correction before.</summary>
    private static bool IsCorrection(ObjectStack known, int slice, SlicePrompts prompts)
    {
        var wasTracked = known.Masks.ContainsKey(slice) && !known.Prompts.ContainsKey(slice);
        return prompts is { Box: null, Mask: null } && (wasTracked || known.Memory.Pinned.GetValueOrDefault(slice) is { IsCorrection: true });
    }

    private float[] Values(Tensor logits)
    {
        using var cpu = logits.cpu();
        var values = cpu.data<float>().ToArray();
        if (options.FilledHoleArea > 0)
            MaskCleaning.FillHoles(values, logitSize, options.FilledHoleArea, MaskCleaning.FilledLogit);
        return values;
    }

    /// <summary>A correction starts from the mask that the person sees.</summary>
    private static Tensor LogitsOf(Mask mask, SlicePlacement placement) => Sam2Model.LogitsOfMask(NetworkInput.FromMask(mask, placement));

    private CandidateMask[] Alternatives(int slice, SliceAnswer answer) =>
    [
        .. Enumerable.Range(0, answer.Ious.Length)
            .Where(n => n != answer.Best)
            .OrderByDescending(n => answer.Ious[n])
            .Select(n =>
            {
                using var scope = NewDisposeScope();
                return new CandidateMask(ToMask(slice, answer.Candidates.narrow(1, n, 1).contiguous()), answer.Ious[n]);
            }),
    ];
}
