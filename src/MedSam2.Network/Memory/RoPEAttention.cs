using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Attention with rotary position encoding. Keys may be several maps one after the other, each turned by the same table, followed by
/// tokens that have no place on a map (object pointers) and are left as they are.
/// </summary>
public sealed class RoPEAttention : nn.Module
{
    internal readonly Linear q_proj;
    internal readonly Linear k_proj;
    internal readonly Linear v_proj;
    internal readonly Linear out_proj;
    private readonly RoPEAttentionConfiguration configuration;
    private readonly RotaryEncoding rotary;

    public RoPEAttention(RoPEAttentionConfiguration configuration)
        : base(nameof(RoPEAttention))
    {
        this.configuration = configuration;
        var inner = configuration.EmbeddingDim / configuration.DownsampleRate;
        var keyDim = configuration.KvInDim ?? configuration.EmbeddingDim;
        q_proj = nn.Linear(configuration.EmbeddingDim, inner);
        k_proj = nn.Linear(keyDim, inner);
        v_proj = nn.Linear(keyDim, inner);
        out_proj = nn.Linear(inner, configuration.EmbeddingDim);
        rotary = new RotaryEncoding(inner / configuration.NumHeads, configuration.RopeTheta);
        RegisterComponents();
    }

    /// <param name="q"><c>[B or 1,height*width,d]</c>.</param>
    /// <param name="k"><c>[B,M,kv]</c>.</param>
    /// <param name="v"><c>[B,M,kv]</c>.</param>
    /// <param name="height">Tokens.</param>
    /// <param name="width">Tokens.</param>
    /// <param name="numKExcludeRope">How many of the last keys have no place on the map.</param>
    /// <param name="bias">Added to the scaled products, <c>[B or 1,1,1,M]</c>.</param>
    /// <returns><c>[B,height*width,d]</c>.</returns>
    public Tensor forward(Tensor q, Tensor k, Tensor v, long height, long width, long numKExcludeRope = 0, Tensor? bias = null)
    {
        using var scope = NewDisposeScope();
        var batch = Math.Max(q.size(0), k.size(0));
        var queries = rotary.Rotate(Heads(q_proj.forward(q)), height, width);
        var keys = RotateKeys(Heads(k_proj.forward(k)), height, width, numKExcludeRope);
        var values = Heads(v_proj.forward(v));
        var y = ScaledDotProduct.Attend(
            queries.expand(batch, -1, -1, -1),
            keys.expand(batch, -1, -1, -1),
            values.expand(batch, -1, -1, -1),
            bias,
            training ? configuration.Dropout : 0);
        return out_proj.forward(y.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            rotary.Dispose();
        base.Dispose(disposing);
    }

    private Tensor RotateKeys(Tensor keys, long height, long width, long excluded)
    {
        var placed = keys.size(2) - excluded;
        if (placed % (height * width) != 0 || (placed != height * width && !configuration.RopeKRepeat))
            throw new ArgumentException($"{placed} keys are not whole maps of {height} x {width} tokens.", nameof(keys));
        var turned = rotary.Rotate(keys.narrow(2, 0, placed), height, width);
        return excluded == 0 ? turned : cat([turned, keys.narrow(2, placed, excluded)], 2);
    }

    /// <summary>B,N,C -> B,heads,N,C/heads.</summary>
    private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), configuration.NumHeads, -1).transpose(1, 2);
}
