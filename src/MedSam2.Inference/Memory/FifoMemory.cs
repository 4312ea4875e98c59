using MedSam2.Network;

namespace MedSam2.Inference.Memory;

/// <summary>
/// SAM 2's own memory: all prompted slices, and of the tracked ones those just before the current slice on its way.
/// </summary>
/// <param name="configuration">How many memories and pointers, and how far apart.</param>
/// <param name="retention">How many tracked slices are held; the longest unused go. No limit is SAM 2's own behaviour.</param>
internal sealed class FifoMemory(Sam2Configuration configuration, int retention = int.MaxValue) : ObjectMemory
{
    private readonly OrderedDictionary<int, SliceMemory> tracked = [];

    /// <summary>Tracked slices, the one tracked longest ago first.</summary>
    public IReadOnlyDictionary<int, SliceMemory> Tracked => tracked;

    /// <summary>The slices that were tracked last, as many as there are rows for them.</summary>
    public override IEnumerable<SliceMemory> Remembered => tracked.Values.TakeLast(configuration.NumMaskmem - 1);

    public override MemoryChoice Choose(TrackingStep step)
    {
        var (selected, unselected) = SelectPinned(step.Slice);
        var lastRow = configuration.NumMaskmem - 1;
        List<ChosenMap> maps = [.. selected.Select(m => new ChosenMap(m, lastRow))];
        for (var ago = lastRow; ago >= 1; ago--)
        {
            if (Find(SliceAgo(step, ago), unselected) is { } memory)
                maps.Add(new ChosenMap(memory, ago - 1));
        }

        var most = Math.Min(step.SliceCount, configuration.MaxObjPtrsInEncoder);
        return new MemoryChoice(maps, configuration.UseObjPtrsInEncoder ? ChoosePointers(step, selected, unselected, most) : [], most - 1);
    }

    public override bool Admits(float confidence, bool isPresent) => true;

    public override void Remember(SliceMemory memory)
    {
        DropTracked(memory.Slice);
        tracked.Add(memory.Slice, memory);
        if (tracked.Count > retention)
            DropTracked(tracked.GetAt(0).Key);
    }

    public override void ForgetTracked()
    {
        foreach (var memory in tracked.Values)
            memory.Dispose();
        tracked.Clear();
    }

    public override void Dispose()
    {
        ForgetTracked();
        base.Dispose();
    }

    private protected override void DropTracked(int slice)
    {
        if (tracked.Remove(slice, out var old))
            old.Dispose();
    }

    private List<ChosenPointer> ChoosePointers(
        TrackingStep step, List<SliceMemory> selected, Dictionary<int, SliceMemory> unselected, int most)
    {
        List<ChosenPointer> pointers = [];
        foreach (var memory in selected)
        {
            var ago = (step.Slice - memory.Slice) * (step.IsReverse ? -1 : 1);
            if (ago >= 0 || !configuration.OnlyObjPtrsInThePastForEval)
                pointers.Add(new(memory, configuration.UseSignedTposEncToObjPtrs ? ago : Math.Abs(ago)));
        }

        for (var ago = 1; ago < most; ago++)
        {
            var slice = step.IsReverse ? step.Slice + ago : step.Slice - ago;
            if (slice < 0 || slice >= step.SliceCount)
                break;
            if (Find(slice, unselected) is { } memory)
                pointers.Add(new(memory, ago));
        }

        return pointers;
    }

    private SliceMemory? Find(int slice, Dictionary<int, SliceMemory> unselected) =>
        tracked.GetValueOrDefault(slice) ?? unselected.GetValueOrDefault(slice);

    /// <summary>The slice that counts as so many ago: the neighbour, then every r-th.</summary>
    private int SliceAgo(TrackingStep step, int ago)
    {
        if (ago == 1)
            return step.IsReverse ? step.Slice + 1 : step.Slice - 1;
        var stride = configuration.MemoryTemporalStrideForEval;
        return step.IsReverse
            ? -FloorToMultiple(-(step.Slice + 2), stride) + ((ago - 2) * stride)
            : FloorToMultiple(step.Slice - 2, stride) - ((ago - 2) * stride);
    }

    private static int FloorToMultiple(int value, int stride) => (int)Math.Floor((double)value / stride) * stride;

    private (List<SliceMemory> Selected, Dictionary<int, SliceMemory> Unselected) SelectPinned(int slice)
    {
        var indices = SelectClosest(slice, [.. Pinned.Keys], configuration.MaxCondFramesInAttn);
        return (
            [.. indices.Select(i => Pinned[i])],
            Pinned.Where(p => !indices.Contains(p.Key)).ToDictionary());
    }

    /// <summary>
    /// The nearest prompted slice before the current one, the nearest at or after it, then the nearest of the rest, at
    /// most <paramref name="most"/>; all of them in their own order where they are no more than that or it is -1.
    /// </summary>
    internal static List<int> SelectClosest(int slice, IReadOnlyList<int> prompted, int most)
    {
        if (most < 0 || prompted.Count <= most)
            return [.. prompted];
        List<int> selected = [];
        if (prompted.Any(p => p < slice))
            selected.Add(prompted.Where(p => p < slice).Max());
        if (prompted.Any(p => p >= slice))
            selected.Add(prompted.Where(p => p >= slice).Min());
        selected.AddRange(prompted.Except(selected).OrderBy(p => Math.Abs(p - slice)).Take(most - selected.Count));
        return selected;
    }
}
