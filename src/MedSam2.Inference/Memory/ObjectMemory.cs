namespace MedSam2.Inference.Memory;

/// <summary>
/// What is remembered of one object: the prompted slices, which are pinned, and what the tracker saw of it elsewhere.
/// Owns its memories.
/// </summary>
internal abstract class ObjectMemory : IDisposable
{
    /// <summary>Prompted slices (SAM 2's conditioning frames), in the order they came.</summary>
    public OrderedDictionary<int, SliceMemory> Pinned { get; } = [];

    /// <summary>How much surer than even, as a logit, the occlusion head must be that the object is on a tracked slice; 0 is SAM 2's rule.</summary>
    public float PresenceMargin { get; set; }

    /// <summary>Pins a prompted slice in place of what was known of it.</summary>
    public void Pin(SliceMemory memory)
    {
        if (Pinned.Remove(memory.Slice, out var old))
            old.Dispose();
        Pinned.Add(memory.Slice, memory);
        DropTracked(memory.Slice);
    }

    /// <summary>Unpins a slice that nobody speaks about any more.</summary>
    public void Unpin(int slice)
    {
        if (Pinned.Remove(slice, out var old))
            old.Dispose();
    }

    /// <summary>Makes the image embeddings that <see cref="Choose"/> will look at.</summary>
    public virtual void EncodeImages()
    {
    }

    /// <summary>What is held of tracked slices for the next one, beside the pinned slices.</summary>
    public abstract IEnumerable<SliceMemory> Remembered { get; }

    /// <summary>Which memories the current slice attends to.</summary>
    public abstract MemoryChoice Choose(TrackingStep step);

    /// <summary>Whether a tracked slice is worth encoding as a memory.</summary>
    public abstract bool Admits(float confidence, bool isPresent);

    /// <summary>Takes the memory of a tracked slice, and keeps or drops it.</summary>
    public abstract void Remember(SliceMemory memory);

    /// <summary>Drops what was tracked; pinned slices stay.</summary>
    public abstract void ForgetTracked();

    public virtual void Dispose()
    {
        foreach (var memory in Pinned.Values)
            memory.Dispose();
        Pinned.Clear();
    }

    private protected abstract void DropTracked(int slice);
}
