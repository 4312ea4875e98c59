namespace MedSam2.Inference.Memory;

/// <summary>
/// The memories of tracked slices of one object, outside of which prompted slices are pinned. A bank decides what stays;
/// it owns what it holds and disposes of what it drops.
/// </summary>
/// <remarks>
/// How to add one: derive, say in <see cref="Offer"/> what stays, name it in <see cref="MemoryBankKind"/> and create it in
/// <see cref="Create"/>.
/// </remarks>
internal abstract class MemoryBank : IDisposable
{
    private readonly List<BankEntry> entries = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<BankEntry> Entries => entries;

    public static MemoryBank Create(TrackingOptions options) => options.Bank switch
    {
        MemoryBankKind.SelfSorting => new SelfSortingBank(options.Capacity, options.ConfidenceThreshold),
        MemoryBankKind.Threshold => new ThresholdBank(options.Capacity, options.ConfidenceThreshold),
        MemoryBankKind.Released2D => new ReleasedBank(options.Capacity),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Bank, "This kind of memory is no bank."),
    };

    /// <summary>Whether a slice can enter at all, so that others need not be encoded.</summary>
    public abstract bool Admits(float confidence, bool isPresent);

    /// <summary>Takes a memory and keeps or drops it, or another one for it.</summary>
    public abstract void Offer(SliceMemory memory);

    public void Clear()
    {
        foreach (var entry in entries)
            entry.Dispose();
        entries.Clear();
    }

    /// <summary>Takes entries as they are, oldest first, in place of the present ones.</summary>
    public void Restore(IEnumerable<SliceMemory> memories)
    {
        Clear();
        entries.AddRange(memories.Select(m => new BankEntry(m)));
    }

    public void Dispose() => Clear();

    protected void Add(BankEntry entry) => entries.Add(entry);

    protected void RemoveAt(int index)
    {
        entries[index].Dispose();
        entries.RemoveAt(index);
    }
}
