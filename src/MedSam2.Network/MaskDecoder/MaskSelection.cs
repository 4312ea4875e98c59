using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Takes one entry a batch item, by index.</summary>
internal static class MaskSelection
{
    /// <param name="entries"><c>[B,M, ...]</c>.</param>
    /// <param name="index"><c>[B,1]</c>, int64.</param>
    /// <returns><c>[B,1, ...]</c>.</returns>
    public static Tensor Take(Tensor entries, Tensor index)
    {
        using var scope = NewDisposeScope();
        var shape = entries.shape;
        long[] ones = [shape[0], 1, .. Enumerable.Repeat(1L, shape.Length - 2)];
        shape[1] = 1;
        return entries.gather(1, index.reshape(ones).expand(shape)).MoveToOuterDisposeScope();
    }
}
