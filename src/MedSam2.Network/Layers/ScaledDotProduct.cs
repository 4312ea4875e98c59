using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>Attention of queries to keys, softmax of the scaled product times the values: the one place that picks a kernel.</summary>
internal static class ScaledDotProduct
{
    /// <param name="q"><c>[B,heads,N,d]</c>.</param>
    /// <param name="k"><c>[B,heads,M,d]</c>.</param>
    /// <param name="v"><c>[B,heads,M,d]</c>.</param>
    /// <param name="bias">Added to the scaled product, broadcast to <c>[B,heads,N,M]</c>.</param>
    /// <param name="dropout">Share of attention weights dropped, 0 outside training.</param>
    /// <returns><c>[B,heads,N,d]</c>.</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? bias = null, double dropout = 0) =>
        scaled_dot_product_attention(q, k, v, bias, dropout);
}
