using MedSam2.Network;

namespace MedSam2.Inference.Memory;

/// <summary>
/// MedSAM-2's memory: the prompted slices, pinned, beside a bank that keeps the most telling of the tracked ones, weighted
/// by their resemblance to the current slice.
/// </summary>
internal sealed class BankMemory(Sam2Configuration configuration, TrackingOptions options, bool isOrdered = true) : ObjectMemory
{
    private readonly MemoryBank bank = MemoryBank.Create(options);

    public IReadOnlyList<BankEntry> Entries => bank.Entries;

    public override MemoryChoice Choose(TrackingStep step)
    {
        var pinnedRow = configuration.NumMaskmem - 1;
        List<ChosenMap> maps = [.. Pinned.Values.Select(m => new ChosenMap(m, pinnedRow))];
        List<ChosenPointer> pointers = [.. Pinned.Values.Select(m => new ChosenPointer(m, 0))];

        var weights = Weigh(step);
        var rank = 0;
        foreach (var (entry, bias) in bank.Entries.Zip(weights).OrderBy(e => step.Plane.DistanceTo(e.First.Memory.Center)))
        {
            rank++;
            if (double.IsNegativeInfinity(bias))
                continue; // not drawn
            maps.Add(new(entry.Memory, isOrdered ? Math.Min(rank, pinnedRow) - 1 : pinnedRow, bias));
            pointers.Add(new(entry.Memory, isOrdered ? rank : 0, bias));
        }

        return new MemoryChoice(maps, configuration.UseObjPtrsInEncoder ? pointers : [], configuration.MaxObjPtrsInEncoder - 1);
    }

    public override bool Admits(float confidence, bool isPresent) => bank.Admits(confidence, isPresent);

    public override void Remember(SliceMemory memory) => bank.Offer(memory);

    /// <summary>The bank mixes what it knows, so one slice's prompt makes all of it out of date.</summary>
    protected override void ForgetTracked(int slice) => bank.Clear();

    public override void ForgetTracked() => bank.Clear();

    private double[] Weigh(TrackingStep step)
    {
        if (options.Resampling == MemoryResampling.None || bank.Entries.Count == 0)
            return new double[bank.Entries.Count];
        var p = Resampling.Probabilities(
            [.. bank.Entries.Select(e => Similarity.Cosine(step.ImageEmbedding, e.Memory.ImageEmbedding))], options.Temperature);
        return options.Resampling == MemoryResampling.Expected
            ? Resampling.ExpectedBias(p)
            : Resampling.DrawnBias(p, new Random(SeedOf(step)));
    }

    /// <summary>A draw depends on the seed and the slice alone, so the order of calls does not matter.</summary>
    private int SeedOf(TrackingStep step)
    {
        var mixed = (ulong)options.Seed + (((ulong)step.Plane.Axis * 1_000_003) + (ulong)step.Slice + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        return (int)(mixed >> 33);
    }
}
