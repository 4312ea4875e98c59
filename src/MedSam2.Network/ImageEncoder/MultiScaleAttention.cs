using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>
/// Hiera's attention: inside windows or over the whole map, and optionally with queries pooled 2 x 2, which halves the map.
/// </summary>
/// <remarks>
/// The reference pads the map to whole windows with zeros, so that a padded token's query, key and value are the bias of their
/// projection, and lets them take part. Here the projection runs on the unpadded map and the bias is filled in: the same numbers for less work.
/// </remarks>
public sealed class MultiScaleAttention : nn.Module
{
    internal readonly Linear qkv;
    internal readonly Linear proj;
    private readonly int numHeads;
    private readonly int headDim;

    public MultiScaleAttention(int dim, int dimOut, int numHeads)
        : base(nameof(MultiScaleAttention))
    {
        this.numHeads = numHeads;
        headDim = dimOut / numHeads;
        qkv = nn.Linear(dim, 3 * dimOut);
        proj = nn.Linear(dimOut, dimOut);
        RegisterComponents();
    }

    /// <param name="x"><c>[B,H,W,dim]</c>, normalised.</param>
    /// <param name="window">Window side, tokens; 0 for the whole map.</param>
    /// <param name="poolQueries">Halves the map; the window must be even.</param>
    /// <returns><c>[B,H,W,dimOut]</c>, or half of H and W.</returns>
    public Tensor forward(Tensor x, int window, bool poolQueries)
    {
        using var scope = NewDisposeScope();
        var projected = qkv.forward(x); // B,H,W,3*dimOut
        var y = window == 0 ? AttendToAll(projected) : AttendInWindows(projected, window, poolQueries);
        return proj.forward(y).MoveToOuterDisposeScope();
    }

    private Tensor AttendToAll(Tensor projected)
    {
        var (batch, height, width) = (projected.size(0), projected.size(1), projected.size(2));
        var parts = projected.view(batch, height * width, 3, numHeads, headDim).unbind(2); // the gradient is put together once; of each "select" it would be a whole map of zeros
        Tensor Part(int n) => parts[n].transpose(1, 2); // B,heads,H*W,d
        var y = ScaledDotProduct.Attend(Part(0), Part(1), Part(2));
        return y.transpose(1, 2).reshape(batch, height, width, numHeads * headDim);
    }

    private Tensor AttendInWindows(Tensor projected, int window, bool poolQueries)
    {
        var (batch, height, width) = (projected.size(0), projected.size(1), projected.size(2));
        var (rows, columns) = ((height + window - 1) / window, (width + window - 1) / window);
        projected = PadWithBias(projected, rows * window, columns * window);

        var queryWindow = poolQueries ? window / 2 : window;
        var parts = projected.view([batch, rows, window, columns, window, 3, numHeads, headDim]).unbind(5);
        var q = poolQueries ? PooledQueries(parts[0], rows, columns, queryWindow) : Windows(parts[0], window);
        var y = ScaledDotProduct.Attend(q, Windows(parts[1], window), Windows(parts[2], window));

        // B*rows*columns,heads,w*w,d -> B,H,W,C without what was padded
        y = y.view([batch, rows, columns, numHeads, queryWindow, queryWindow, headDim])
            .permute(0, 1, 4, 2, 5, 3, 6)
            .reshape(batch, rows * queryWindow, columns * queryWindow, numHeads * headDim);
        return poolQueries
            ? y.narrow(1, 0, height / 2).narrow(2, 0, width / 2)
            : y.narrow(1, 0, height).narrow(2, 0, width);
    }

    private Tensor PadWithBias(Tensor projected, long height, long width)
    {
        if (projected.size(1) == height && projected.size(2) == width)
            return projected;
        var padded = qkv.bias!.expand(projected.size(0), height, width, projected.size(3)).clone();
        padded.narrow(1, 0, projected.size(1)).narrow(2, 0, projected.size(2)).copy_(projected);
        return padded;
    }

    /// <summary>B,rows,w,columns,w,heads,d -> B*rows*columns,heads,w*w,d.</summary>
    private Tensor Windows(Tensor part, long window) =>
        part.permute(0, 1, 3, 5, 2, 4, 6).reshape(part.size(0) * part.size(1) * part.size(3), numHeads, window * window, headDim);

    /// <summary>Windows are even, so that 2 x 2 never crosses one and the whole map can be pooled at once.</summary>
    private Tensor PooledQueries(Tensor q, long rows, long columns, long window)
    {
        var map = q.reshape(q.size(0), rows * window * 2, columns * window * 2, numHeads * headDim).permute(0, 3, 1, 2);
        var pooled = max_pool2d(map, 2).permute(0, 2, 3, 1).contiguous();
        return Windows(pooled.view([q.size(0), rows, window, columns, window, numHeads, headDim]), window);
    }
}
