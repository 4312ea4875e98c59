using MedSam2.Network.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>Attention of queries to keys, softmax of the scaled product times the values: the one place that picks a kernel.</summary>
/// <remarks>
/// libtorch's fused kernel never holds the matrix of products and suits GPUs and long rows of float32. On the CPU it is slow for small
/// windows where oneDNN does the products, and for bfloat16; there plain products are two to four times faster, taken in pieces that bound the memory.
/// Training keeps every matrix of products until its gradient is taken, so it has plain products only where they are small.
/// </remarks>
internal static class ScaledDotProduct
{
    private const long LongestWindow = 512; // keys
    private const long PieceElements = 4 << 20; // of the matrix of products
    private const long MostKeptElements = 16 << 20; // of one attention's products, held for its gradient
    private const long LeastPieceRows = 512; // each piece lays out all keys anew, which shorter ones would not repay

    /// <param name="q"><c>[B,heads,N,d]</c>.</param>
    /// <param name="k"><c>[B,heads,M,d]</c>.</param>
    /// <param name="v"><c>[B,heads,M,d]</c>.</param>
    /// <param name="bias">Added to the scaled product, broadcast to <c>[B,heads,N,M]</c>.</param>
    /// <param name="dropout">Share of attention weights dropped, 0 outside training.</param>
    /// <returns><c>[B,heads,N,d]</c>.</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? bias = null, double dropout = 0)
    {
        if (dropout > 0 && q.device_type == TorchSharp.DeviceType.CPU)
            return AttendPlainly(q, k, v, bias, dropout); // libtorch has plain products then, too, and draws slowly
        if (dropout > 0 || !PlainIsFaster(q, k))
            return scaled_dot_product_attention(q, k, v, bias, dropout);
        return is_grad_enabled() ? AttendPlainly(q, k, v, bias) : AttendInPieces(q, k, v, bias);
    }

    private static bool PlainIsFaster(Tensor q, Tensor k)
    {
        if (q.device_type != TorchSharp.DeviceType.CPU || q.dtype is not (ScalarType.Float32 or ScalarType.BFloat16))
            return false;
        var isFitting = is_grad_enabled() // the gradient of the fused kernel has oneDNN build its own kernels anew for each head
            ? q.size(0) * q.size(1) * q.size(2) * k.size(2) <= MostKeptElements
            : q.dtype == ScalarType.BFloat16 || k.size(2) <= LongestWindow;
        return isFitting && (q.dtype == ScalarType.BFloat16 || OneDnnMatmul.Enable());
    }

    private static Tensor AttendInPieces(Tensor q, Tensor k, Tensor v, Tensor? bias)
    {
        var (batch, queries) = (q.size(0), q.size(2));
        var perItem = q.size(1) * queries * k.size(2);
        var items = Math.Clamp(PieceElements / perItem, 1, batch);
        var rows = items > 1 ? queries : Math.Min(Math.Max(PieceElements / (q.size(1) * k.size(2)), LeastPieceRows), queries);
        if (items == batch && rows == queries)
            return AttendPlainly(q, k, v, bias);

        var result = empty([batch, q.size(1), queries, v.size(3)], q.dtype, q.device);
        for (var item = 0L; item < batch; item += items)
        {
            var count = Math.Min(items, batch - item);
            for (var row = 0L; row < queries; row += rows)
            {
                using var scope = NewDisposeScope();
                var height = Math.Min(rows, queries - row);
                var piece = AttendPlainly(
                    q.narrow(0, item, count).narrow(2, row, height),
                    k.narrow(0, item, count),
                    v.narrow(0, item, count),
                    bias is null ? null : Part(Part(bias, 0, item, count), 2, row, height));
                result.narrow(0, item, count).narrow(2, row, height).copy_(piece);
            }
        }

        return result;
    }

    private static Tensor Part(Tensor bias, int dimension, long first, long count) =>
        bias.size(dimension) == 1 ? bias : bias.narrow(dimension, first, count);

    private static Tensor AttendPlainly(Tensor q, Tensor k, Tensor v, Tensor? bias, double dropout = 0)
    {
        using var scope = NewDisposeScope();
        var products = Multiply(q * (1 / Math.Sqrt(q.size(3))), k.transpose(-2, -1));
        if (bias is not null)
            products = products + bias;
        return Multiply(Dropout.Apply(products.softmax(-1), dropout), v).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Products of the last two dimensions, as <c>matmul</c> has them. That itself is not used anywhere: TorchSharp 0.107 hands no error of it
    /// on, so that memory that runs out in the middle of it ends the process.
    /// </summary>
    private static Tensor Multiply(Tensor a, Tensor b) => a.reshape(-1, a.size(2), a.size(3)).bmm(b.reshape(-1, b.size(2), b.size(3)))
        .view(a.size(0), a.size(1), a.size(2), b.size(3));
}
