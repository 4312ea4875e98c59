namespace MedSam2.Inference.Memory;

/// <summary>
/// MedSAM-2's self-sorting memory bank (arXiv 2408.00874, section 3.2). With capacity K and confidence threshold tau:
/// <list type="number">
/// <item>a slice with <c>c &gt;= tau</c> joins the candidates, <c>C = M ∪ {E_t}</c>; any other leaves the bank as it is;</item>
/// <item><c>d_i = sum over j != i of (1 - cos(E_i, E_j))</c> for each candidate;</item>
/// <item>the K candidates with the largest d stay; of equals (to 9 decimals) the newer.</item>
/// </list>
/// The order of slices plays no part.
/// </summary>
internal sealed class SelfSortingBank(int capacity, double threshold) : MemoryBank
{
    public override bool Admits(float confidence, bool isPresent) => isPresent && confidence >= threshold;

    public override void Offer(SliceMemory memory)
    {
        if (!Admits(memory.Confidence, memory.IsPresent))
        {
            memory.Dispose();
            return;
        }

        Add(new BankEntry(memory));
        if (Entries.Count > capacity)
            RemoveAt(LeastDissimilar(Similarity.Dissimilarities([.. Entries.Select(e => e.Direction)])));
    }

    /// <summary>Index of the smallest d; of equals the first, which is the oldest.</summary>
    private static int LeastDissimilar(double[] dissimilarities)
    {
        var least = 0;
        for (var i = 1; i < dissimilarities.Length; i++)
        {
            if (Math.Round(dissimilarities[i], 9) < Math.Round(dissimilarities[least], 9))
                least = i;
        }

        return least;
    }
}
