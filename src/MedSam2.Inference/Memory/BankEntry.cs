using static TorchSharp.torch;

namespace MedSam2.Inference.Memory;

/// <summary>A memory with what the bank sorts it by.</summary>
internal sealed class BankEntry(SliceMemory memory) : IDisposable
{
    public SliceMemory Memory { get; } = memory;

    /// <summary>Direction of the memory map E.</summary>
    public Tensor Direction { get; } = Similarity.Direction(
        memory.Features ?? throw new ArgumentException("A memory enters the bank only once it has been encoded.", nameof(memory)))
        .DetachFromDisposeScope();

    public void Dispose()
    {
        Memory.Dispose();
        Direction.Dispose();
    }
}
