using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Orientations;

/// <summary>
/// Tracks objects along several stacks and fuses what the passes say. All passes of an object share its bank. The first
/// pass is given live, all other steps are given without a slice; after the fusion the slices that changed are given again.
/// </summary>
/// <param name="geometry">The volume's grid.</param>
/// <param name="segmenterOf">The stack along an axis.</param>
/// <param name="options">When the automatic choice asks the other planes.</param>
internal sealed class OrientedPropagation(VolumeGeometry geometry, Func<SliceAxis, StackSegmenter> segmenterOf, TrackingOptions options)
{
    public IEnumerable<Visited> Run(
        IReadOnlyList<SegmentedObject> objects, PropagationRange range, CancellationToken cancellationToken)
    {
        var records = objects.ToDictionary(o => o, _ => new List<PassRecord>());
        foreach (var known in objects)
            known.Invalidate();

        var passes = Pass.First(range.Orientations, range.Axis);
        var (number, count) = (0, passes.Count);
        foreach (var pass in passes)
        {
            number++;
            foreach (var given in RunPass(pass, objects, records, range, isLive: number == 1, cancellationToken))
                yield return given with { Pass = number, Passes = count };
        }

        if (range.Orientations == OrientationChoice.Auto)
        {
            SegmentedObject[] unsure = [.. objects.Where(o => PassRecord.Disagreement(records[o][0], records[o][1]) > options.AcceptedDisagreement)];
            Pass[] others = [.. unsure.Length == 0 ? [] : Pass.Others(range.Axis)];
            count += others.Length;
            foreach (var pass in others)
            {
                number++;
                foreach (var given in RunPass(pass, unsure, records, range, isLive: false, cancellationToken))
                    yield return given with { Pass = number, Passes = count };
            }
        }

        foreach (var known in objects)
        {
            known.Fused = FusedObject.Fuse(records[known]);
            foreach (var slice in Replace(known, range))
                yield return new(known, slice, count, count);
        }
    }

    private IEnumerable<Visited> RunPass(
        Pass pass,
        IReadOnlyList<SegmentedObject> objects,
        Dictionary<SegmentedObject, List<PassRecord>> records,
        PropagationRange range,
        bool isLive,
        CancellationToken cancellationToken)
    {
        var segmenter = segmenterOf(pass.Axis);
        List<ObjectMemory> borrowed = [];
        try
        {
            List<Walk> walks = [];
            foreach (var known in objects)
            {
                var record = new PassRecord(pass.Axis);
                if (Begin(pass, known, records[known], record, segmenter, borrowed) is { } walk)
                    walks.Add(walk);
                records[known].Add(record);
            }

            if (walks.Count == 0)
                yield break;
            foreach (var given in Propagation.Run(segmenter, walks, Keep, cancellationToken))
            {
                var isShown = isLive && given.Slice >= range.First && given.Slice <= range.Last;
                yield return isShown ? new(given.Object, given.Slice) : default;
            }
        }
        finally
        {
            foreach (var memory in borrowed)
                memory.Dispose();
        }

        void Keep(Walk walk, Visit visit, SliceAnswer answer)
        {
            var logits = segmenter.ToLogits(visit.Slice, answer.Logits);
            var width = segmenter.Stack.Placement(visit.Slice).Width;
            records[walk.Object][^1].Slices[visit.Slice] = ProbabilitySlice.FromLogits(logits, width, answer.PredictedIou * answer.Presence);
            if (isLive)
            {
                var mask = segmenter.ToMask(visit.Slice, answer.Logits);
                walk.Object.Stack(pass.Axis).Masks[visit.Slice] = StoredMask.Create(mask, answer, walk.Object.Revision, visit.IsReverse);
            }
        }
    }

    /// <summary>
    /// Where a pass starts from: the person's prompts in its plane, or else the largest cross-section of what the earlier
    /// passes found. Null where they found nothing.
    /// </summary>
    private Walk? Begin(
        Pass pass,
        SegmentedObject known,
        List<PassRecord> earlier,
        PassRecord record,
        StackSegmenter segmenter,
        List<ObjectMemory> borrowed)
    {
        var stack = known.Stack(pass.Axis);
        var count = segmenter.Stack.Count;
        if (stack.Prompts.Count > 0)
        {
            foreach (var slice in stack.Prompts.Keys)
                record.Slices[slice] = ProbabilitySlice.FromMask(Decode(stack.Masks[slice], pass.Axis));
            if (stack.Memory is FifoMemory)
                stack.Memory.ForgetTracked(); // it knows slices by their index: this pass would see the last one's
            return new Walk(known, stack.Memory, pass.Visits(stack.Prompts.Keys, 0, count - 1), stack.Prompts.ContainsKey);
        }

        var found = FusedObject.Fuse(earlier);
        if (found.LargestSection(pass.Axis) is not { } seed)
            return null;
        var section = found.Section(geometry, pass.Axis, seed);
        var memory = known.CreateMemory(pass.Axis);
        borrowed.Add(memory);
        using (var input = NetworkInput.FromMask(section, segmenter.Stack.Placement(seed)))
        using (var answer = segmenter.Tracker.PromptMask(seed, input))
            memory.Pin(segmenter.Tracker.ToMemory(seed, answer));

        // The seed is what others said: it takes no part in this pass's answer.
        return new Walk(known, memory, pass.Visits([seed], 0, count - 1), slice => slice == seed);
    }

    /// <summary>Puts the fused masks in place of tracked ones, and tells which slices changed.</summary>
    private List<int> Replace(SegmentedObject known, PropagationRange range)
    {
        var stack = known.Stack(range.Axis);
        var changed = new List<int>();
        foreach (var (slice, stored) in stack.Masks)
        {
            if (slice < range.First || slice > range.Last || stack.Prompts.ContainsKey(slice))
                continue;
            var fused = MaskRuns.Encode(known.Fused!.Section(geometry, range.Axis, slice));
            if (fused.Box != stored.Runs.Box || !fused.Runs.Span.SequenceEqual(stored.Runs.Runs.Span))
                changed.Add(slice);
        }

        foreach (var slice in changed)
            stack.Masks[slice] = stack.Masks[slice] with { Runs = MaskRuns.Encode(known.Fused!.Section(geometry, range.Axis, slice)) };
        return changed;
    }

    private Mask Decode(StoredMask stored, SliceAxis axis)
    {
        var (width, height, _) = geometry.SliceShape(axis);
        return stored.Runs.Decode(width, height);
    }
}
