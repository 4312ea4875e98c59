using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>One block of Hiera: attention and a perceptron, each with a shortcut. At a change of stage it widens and may pool.</summary>
public sealed class MultiScaleBlock : nn.Module<Tensor, Tensor>
{
    internal readonly LayerNorm norm1;
    internal readonly MultiScaleAttention attn;
    internal readonly LayerNorm norm2;
    internal readonly MLP mlp;
    internal readonly Linear? proj;
    private readonly MultiScaleBlockShape shape;

    public MultiScaleBlock(MultiScaleBlockShape shape)
        : base(nameof(MultiScaleBlock))
    {
        this.shape = shape;
        norm1 = nn.LayerNorm(shape.Dim, eps: 1e-6);
        attn = new MultiScaleAttention(shape.Dim, shape.DimOut, shape.NumHeads);
        norm2 = nn.LayerNorm(shape.DimOut, eps: 1e-6);
        mlp = new MLP(shape.DimOut, 4 * shape.DimOut, shape.DimOut, 2, Activation.Gelu);
        proj = shape.Dim == shape.DimOut ? null : nn.Linear(shape.Dim, shape.DimOut);
        RegisterComponents();
    }

    /// <param name="x"><c>[B,H,W,dim]</c>.</param>
    /// <returns><c>[B,H,W,dimOut]</c>, or half of H and W where it pools.</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.forward(x);
        var shortcut = proj is null ? x : Pool(proj.forward(normed)); // of the normalised x, not of x
        x = shortcut + DropPath.Apply(attn.forward(normed, shape.Window, shape.PoolQueries), shape.DropPathRate, training);
        x += DropPath.Apply(mlp.forward(norm2.forward(x)), shape.DropPathRate, training);
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Pool(Tensor x) => shape.PoolQueries ? max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1) : x;
}

/// <summary>What tells a block of the trunk from the others.</summary>
/// <param name="Dim">Channels in.</param>
/// <param name="DimOut">Channels out.</param>
/// <param name="NumHeads">Attention heads.</param>
/// <param name="Window">Window side in tokens of the incoming map; 0 for the whole map.</param>
/// <param name="PoolQueries">Halves the map.</param>
/// <param name="DropPathRate">Stochastic depth, training only.</param>
public sealed record MultiScaleBlockShape(int Dim, int DimOut, int NumHeads, int Window, bool PoolQueries, double DropPathRate);
