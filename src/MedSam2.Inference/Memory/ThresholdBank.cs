namespace MedSam2.Inference.Memory;

/// <summary>The K newest of the confident slices: the self-sorting bank without its sorting, for the ablation.</summary>
internal sealed class ThresholdBank(int capacity, double threshold) : MemoryBank
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
            RemoveAt(0);
    }
}
