using static TorchSharp.torch;

namespace MedSam2.Inference.Memory;

/// <summary>What one object's current slice attends to.</summary>
/// <param name="Maps">Memories whose maps are attended to, in the order of the sequence.</param>
/// <param name="Pointers">Memories whose object pointers are attended to.</param>
/// <param name="PointerSpan">The distance that pointer positions are divided by.</param>
internal sealed record MemoryChoice(IReadOnlyList<ChosenMap> Maps, IReadOnlyList<ChosenPointer> Pointers, double PointerSpan);

/// <param name="Memory">The memory; its features are encoded.</param>
/// <param name="TemporalRow">Row of the network's temporal table: the last for prompted slices, 0 for the nearest tracked one.</param>
/// <param name="Bias">Added to the attention scores of the memory's keys.</param>
internal readonly record struct ChosenMap(SliceMemory Memory, int TemporalRow, double Bias = 0);

/// <param name="Memory">The memory whose pointer counts.</param>
/// <param name="Distance">How far away it is, in slices or ranks, signed along the way of tracking; null where there is no order.</param>
/// <param name="Bias">Added to the attention scores of the pointer's keys.</param>
internal readonly record struct ChosenPointer(SliceMemory Memory, double? Distance, double Bias = 0);

/// <summary>The slice that is about to be tracked.</summary>
/// <param name="Slice">Its index.</param>
/// <param name="SliceCount">Slices in the stack.</param>
/// <param name="IsReverse">Whether tracking goes towards lower indices.</param>
/// <param name="Plane">Where it lies in space.</param>
/// <param name="ImageEmbedding">Its image features F, <c>[1, d, h, w]</c>.</param>
internal sealed record TrackingStep(int Slice, int SliceCount, bool IsReverse, SlicePlane Plane, Tensor ImageEmbedding);
