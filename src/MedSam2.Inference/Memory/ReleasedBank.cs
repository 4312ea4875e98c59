namespace MedSam2.Inference.Memory;

/// <summary>
/// The rule of MedSAM-2's released 2D code, which differs from the paper's. Until the bank is full everything enters.
/// Then a new memory replaces one entry or none: let L be the entry least similar to it, and N the entry nearest to L;
/// N goes if the new memory is less similar to L than N is, and its predicted IoU exceeds N's minus 0.1.
/// </summary>
internal sealed class ReleasedBank(int capacity) : MemoryBank
{
    private const float Slack = 0.1f;

    public override bool Admits(float confidence, bool isPresent) => true;

    public override void Offer(SliceMemory memory) => OfferBatch([memory]);

    /// <summary>The released code looks once a batch whether the bank is full, so a batch can overshoot its capacity.</summary>
    public void OfferBatch(IReadOnlyList<SliceMemory> batch)
    {
        var isFilling = Entries.Count < capacity;
        foreach (var memory in batch)
        {
            var entry = new BankEntry(memory);
            if (isFilling)
                Add(entry);
            else
                Replace(entry);
        }
    }

    private void Replace(BankEntry candidate)
    {
        var leastSimilar = IndexOfExtreme(Entries.Count, i => -Similarity.Dot(candidate.Direction, Entries[i].Direction));
        var far = Entries[leastSimilar].Direction;
        var nearest = IndexOfExtreme(
            Entries.Count, i => i == leastSimilar ? double.NegativeInfinity : Similarity.Dot(far, Entries[i].Direction));

        var isMoreDiverse = Similarity.Dot(candidate.Direction, far) < Similarity.Dot(far, Entries[nearest].Direction);
        if (isMoreDiverse && candidate.Memory.Confidence > Entries[nearest].Memory.Confidence - Slack)
        {
            RemoveAt(nearest);
            Add(candidate);
        }
        else
        {
            candidate.Dispose();
        }
    }

    /// <summary>The first index with the largest value.</summary>
    private static int IndexOfExtreme(int count, Func<int, double> value)
    {
        var (best, bestValue) = (0, double.NegativeInfinity);
        for (var i = 0; i < count; i++)
        {
            if (value(i) is var v && v > bestValue)
                (best, bestValue) = (i, v);
        }

        return best;
    }
}
