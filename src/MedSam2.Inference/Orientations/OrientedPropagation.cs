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
/// What was broken off goes on where it was, and what is done already is given as it is.
/// </summary>
/// <param name="geometry">The volume's grid.</param>
/// <param name="segmenterOf">The stack along an axis.</param>
/// <param name="options">When the automatic choice asks the other planes.</param>
internal sealed class OrientedPropagation(VolumeGeometry geometry, Func<SliceAxis, StackSegmenter> segmenterOf, TrackingOptions options)
{
    /// <summary>How many slices each pass goes from those that it starts from, at most. What only one pass has seen is taken as it says.</summary>
    public int Reach { get; init; } = int.MaxValue;

    /// <summary>Told what the passes say together, object by object, before it takes the masks' place.</summary>
    public Action<FusedObject>? Fused { get; init; }

    public IEnumerable<Visited> Run(
        IReadOnlyList<SegmentedObject> objects, PropagationRange range, CancellationToken cancellationToken)
    {
        var passes = Pass.First(range.Orientations, range.Axis);
        var (number, count) = (0, passes.Count);
        foreach (var done in objects.Where(o => o.Spread is { } spread && spread.IsOf(range)))
        {
            foreach (var slice in done.Stack(range.Axis).Masks.Keys.Where(slice => slice >= range.First && slice <= range.Last).ToArray())
                yield return new(done, slice, 1, count);
        }

        var progress = objects.Where(o => o.Spread?.IsOf(range) is not true).ToDictionary(o => o, known => Continue(known, range));
        SegmentedObject[] carried = [.. progress.Keys];
        foreach (var pass in passes)
        {
            number++;
            foreach (var given in RunPass(pass, number, carried, progress, range, cancellationToken))
                yield return given with { Pass = number, Passes = count };
        }

        if (range.Orientations == OrientationChoice.Auto)
        {
            SegmentedObject[] unsure = [.. carried.Where(o => PassRecord.Disagreement(progress[o].Passes[0].Record, progress[o].Passes[1].Record) > options.AcceptedDisagreement)];
            Pass[] others = [.. unsure.Length == 0 ? [] : Pass.Others(range.Axis)];
            count += others.Length;
            foreach (var pass in others)
            {
                number++;
                foreach (var given in RunPass(pass, number, unsure, progress, range, cancellationToken))
                    yield return given with { Pass = number, Passes = count };
            }
        }

        foreach (var known in carried)
        {
            if (known.Oriented != progress[known])
                throw new OvertakenException($"Object {known.Id} was changed while it was being propagated. Propagate it again.");
            var fused = FusedObject.Fuse([.. progress[known].Passes.Select(p => p.Record)]);
            known.Oriented = null;
            Fused?.Invoke(fused);
            var isWhole = Reach == int.MaxValue && range.First == 0 && range.Last == segmenterOf(range.Axis).Stack.Count - 1;
            known.Spread = fused.ToSpreadMap(isWhole ? range.Orientations : null, range.Axis);
            foreach (var slice in Replace(known, fused, range))
                yield return new(known, slice, count, count);
        }
    }

    /// <summary>Goes on where a propagation of the same kind was broken off, or begins.</summary>
    private static OrientedProgress Continue(SegmentedObject known, PropagationRange range)
    {
        if (known.Oriented is { } begun && begun.IsOf(range))
            return begun;
        known.Invalidate();
        return known.Oriented = new OrientedProgress(range);
    }

    /// <param name="pass">The way.</param>
    /// <param name="number">From 1; the first is live.</param>
    /// <param name="objects">Which objects.</param>
    /// <param name="progress">How far each has come.</param>
    /// <param name="range">Which slices are shown.</param>
    /// <param name="cancellationToken">Looked at before each slice.</param>
    private IEnumerable<Visited> RunPass(
        Pass pass,
        int number,
        IReadOnlyList<SegmentedObject> objects,
        Dictionary<SegmentedObject, OrientedProgress> progress,
        PropagationRange range,
        CancellationToken cancellationToken)
    {
        var segmenter = segmenterOf(pass.Axis);
        List<Walk> walks = [];
        foreach (var known in objects)
        {
            var passes = progress[known].Passes;
            if (passes.Count < number)
                passes.Add(Begin(pass, known, [.. passes.Select(p => p.Record)], segmenter));
            if (passes[number - 1] is { Memory: { } memory } here)
                walks.Add(new Walk(known, memory, Visits(pass, here.Starts, segmenter.Stack.Count), here.IsGiven));
        }

        if (walks.Count == 0)
            yield break;
        foreach (var given in Propagation.Run(segmenter, walks, Keep, cancellationToken))
        {
            var isShown = number == 1 && given.Slice >= range.First && given.Slice <= range.Last;
            yield return isShown ? new(given.Object, given.Slice) : default;
        }

        foreach (var known in objects)
            progress[known].Passes[number - 1].Dispose();

        void Keep(Walk walk, Visit visit, SliceAnswer answer)
        {
            var logits = segmenter.ToLogits(visit.Slice, answer.Logits);
            var width = segmenter.Stack.Placement(visit.Slice).Width;
            progress[walk.Object].Passes[number - 1].Record.Slices[visit.Slice] = ProbabilitySlice.FromLogits(logits, width, answer.PredictedIou * answer.Presence);
            if (number == 1 && visit.Slice >= range.First && visit.Slice <= range.Last)
            {
                var mask = segmenter.ToMask(visit.Slice, answer.Logits);
                walk.Object.Stack(pass.Axis).Masks[visit.Slice] = StoredMask.Create(mask, answer, walk.Object.Revision, visit.IsReverse);
            }
        }
    }

    private IEnumerable<Visit> Visits(Pass pass, IReadOnlyCollection<int> starts, int count) =>
        pass.Visits(starts, 0, count - 1).Where(visit => starts.Any(start => Math.Abs((long)start - visit.Slice) <= Reach));

    /// <summary>
    /// Where a pass starts from: the person's prompts in its plane, or else the largest cross-section of what the earlier
    /// passes found; they may have found nothing.
    /// </summary>
    private PassProgress Begin(Pass pass, SegmentedObject known, IReadOnlyList<PassRecord> earlier, StackSegmenter segmenter)
    {
        var record = new PassRecord(pass.Axis);
        var stack = known.Stack(pass.Axis);
        if (stack.Prompts.Count > 0)
        {
            foreach (var slice in stack.Prompts.Keys)
                record.Slices[slice] = ProbabilitySlice.FromMask(Decode(stack.Masks[slice], pass.Axis));
            if (stack.Memory is FifoMemory)
                stack.Memory.ForgetTracked(); // it knows slices by their index: this pass would see the last one's
            return new(record, stack.Memory, [.. stack.Prompts.Keys], isBorrowed: false);
        }

        var found = FusedObject.Fuse(earlier);
        if (found.LargestSection(pass.Axis) is not { } seed)
            return new(record, memory: null, [], isBorrowed: false);
        var section = found.Section(geometry, pass.Axis, seed);
        var memory = known.CreateMemory(pass.Axis);
        using (var input = NetworkInput.FromMask(section, segmenter.Stack.Placement(seed)))
        using (var answer = segmenter.Tracker.PromptMask(seed, input))
            memory.Pin(segmenter.Tracker.ToMemory(seed, answer));

        // The seed is what others said: it takes no part in this pass's answer.
        return new(record, memory, [seed], isBorrowed: true);
    }

    /// <summary>Puts the fused masks in place of tracked ones, and tells which slices changed.</summary>
    private List<int> Replace(SegmentedObject known, FusedObject fused, PropagationRange range)
    {
        var stack = known.Stack(range.Axis);
        var changed = new List<int>();
        foreach (var (slice, stored) in stack.Masks)
        {
            if (slice < range.First || slice > range.Last || stack.Prompts.ContainsKey(slice))
                continue;
            var runs = MaskRuns.Encode(fused.Section(geometry, range.Axis, slice));
            if (runs.Box != stored.Runs.Box || !runs.Runs.Span.SequenceEqual(stored.Runs.Runs.Span))
                changed.Add(slice);
        }

        foreach (var slice in changed)
            stack.Masks[slice] = stack.Masks[slice] with { Runs = MaskRuns.Encode(fused.Section(geometry, range.Axis, slice)) };
        return changed;
    }

    private Mask Decode(StoredMask stored, SliceAxis axis)
    {
        var (width, height, _) = geometry.SliceShape(axis);
        return stored.Runs.Decode(width, height);
    }
}
