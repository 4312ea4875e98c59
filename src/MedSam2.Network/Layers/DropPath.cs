using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Stochastic depth: in training, a residual branch is left out for whole samples at random, and scaled up where it stays.</summary>
internal static class DropPath
{
    /// <param name="branch"><c>[B, ...]</c>.</param>
    /// <param name="rate">Share of samples that lose the branch, 0 to 1.</param>
    /// <param name="training">False: the branch is returned as it is.</param>
    public static Tensor Apply(Tensor branch, double rate, bool training)
    {
        if (!training || rate == 0)
            return branch;
        long[] shape = [branch.shape[0], .. Enumerable.Repeat(1L, (int)branch.dim() - 1)];
        using var keep = rand(shape, branch.dtype, branch.device).ge(rate);
        using var scale = keep.to_type(branch.dtype).div(1 - rate);
        return branch * scale;
    }
}
