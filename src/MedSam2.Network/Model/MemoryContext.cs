using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// All that a slice may look at: memories and pointers of other slices, in the order given (SAM 2: conditioning slices first, then from the
/// oldest to the newest; the order matters to no number but the last bits). The caller decides which they are: first in first out, a self-sorting
/// bank, a draw.
/// </summary>
/// <param name="Memories">At least one.</param>
/// <param name="Pointers">May be empty.</param>
public sealed record MemoryContext(IReadOnlyList<MemorySlot> Memories, IReadOnlyList<PointerSlot> Pointers);

/// <summary>One spatial memory of each of B objects.</summary>
/// <param name="Features"><c>[B,d_mem,h,w]</c>, from <see cref="Sam2Model.EncodeMemory"/>, in any floating type.</param>
public sealed record MemorySlot(Tensor Features)
{
    /// <summary>
    /// Row of the temporal table that tells how long ago the memory was made: 0 just before, 1 the one before that, ...; the last
    /// (<see cref="Sam2Configuration.NumMaskmem"/> - 1) for a conditioning slice. Null: no temporal encoding. One for all objects, or one for each.
    /// </summary>
    public IReadOnlyList<int?> TemporalRows { get; init; } = [null];

    /// <summary>
    /// Added to the attention logits of this memory's tokens: <c>log(n*p)</c> for resampling in expectation, negative infinity to hide the slot from
    /// an object that has fewer memories. Empty for none, one for all objects, or one for each.
    /// </summary>
    public IReadOnlyList<float> AttentionBias { get; init; } = [];
}

/// <summary>One object pointer of each of B objects.</summary>
/// <param name="Pointer"><c>[B,d]</c>, from <see cref="SamOutput.ObjPtr"/>.</param>
public sealed record PointerSlot(Tensor Pointer)
{
    /// <summary>
    /// Distance in slices divided by the largest that is told apart (<c>min(slices, MaxObjPtrsInEncoder) - 1</c>), signed if the configuration says so.
    /// Null: no temporal encoding. One for all objects, or one for each.
    /// </summary>
    public IReadOnlyList<float?> TemporalPositions { get; init; } = [null];

    /// <summary>As <see cref="MemorySlot.AttentionBias"/>.</summary>
    public IReadOnlyList<float> AttentionBias { get; init; } = [];
}
