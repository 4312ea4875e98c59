using static TorchSharp.torch;

namespace MedSam2.Inference.Memory;

/// <summary>A memory with the two directions that the bank compares it by.</summary>
internal sealed class BankEntry(SliceMemory memory) : IDisposable
{
    public SliceMemory Memory { get; } = memory;

    /// <summary>Of the memory map E: what the bank sorts by.</summary>
    public Tensor Direction { get; } = Similarity.Direction(
        memory.Features ?? throw new ArgumentException("A memory enters the bank only once it has been encoded.", nameof(memory)));

    /// <summary>Of the image features F: what resampling compares with the current slice.</summary>
    public Tensor ImageDirection { get; } = Similarity.Direction(memory.ImageEmbedding);

    public void Dispose()
    {
        Memory.Dispose();
        Direction.Dispose();
        ImageDirection.Dispose();
    }
}
