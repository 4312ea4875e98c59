using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Attention whose inner width may be a fraction of the outer (<c>downsampleRate</c>). A batch of 1 on one side meets a batch of B on the
/// other: several objects on one image share the projections of what they share.
/// </summary>
public sealed class Attention : nn.Module
{
    internal readonly Linear q_proj;
    internal readonly Linear k_proj;
    internal readonly Linear v_proj;
    internal readonly Linear out_proj;
    private readonly int numHeads;

    public Attention(int embeddingDim, int numHeads, int downsampleRate = 1)
        : base(nameof(Attention))
    {
        this.numHeads = numHeads;
        var inner = embeddingDim / downsampleRate;
        q_proj = nn.Linear(embeddingDim, inner);
        k_proj = nn.Linear(embeddingDim, inner);
        v_proj = nn.Linear(embeddingDim, inner);
        out_proj = nn.Linear(inner, embeddingDim);
        RegisterComponents();
    }

    /// <param name="q"><c>[B or 1,N,d]</c>.</param>
    /// <param name="k"><c>[B or 1,M,d]</c>.</param>
    /// <param name="v"><c>[B or 1,M,d]</c>.</param>
    /// <returns><c>[B,N,d]</c>.</returns>
    public Tensor forward(Tensor q, Tensor k, Tensor v)
    {
        using var scope = NewDisposeScope();
        var batch = Math.Max(q.size(0), Math.Max(k.size(0), v.size(0)));
        var y = ScaledDotProduct.Attend(Heads(q_proj.forward(q), batch), Heads(k_proj.forward(k), batch), Heads(v_proj.forward(v), batch));
        return out_proj.forward(y.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <summary>B,N,C -> B,heads,N,C/heads.</summary>
    private Tensor Heads(Tensor x, long batch) =>
        x.view(x.size(0), x.size(1), numHeads, -1).transpose(1, 2).expand(batch, -1, -1, -1);
}
