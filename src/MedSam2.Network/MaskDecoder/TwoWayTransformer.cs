using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Tokens and image attend to each other in turns, and the tokens to the image once more at the end.</summary>
public sealed class TwoWayTransformer : nn.Module
{
    internal readonly ModuleList<TwoWayAttentionBlock> layers;
    internal readonly Attention final_attn_token_to_image;
    internal readonly LayerNorm norm_final_attn;

    public TwoWayTransformer(int depth, int embeddingDim, int numHeads, int mlpDim)
        : base(nameof(TwoWayTransformer))
    {
        layers = nn.ModuleList([.. Enumerable.Range(0, depth).Select(n => new TwoWayAttentionBlock(embeddingDim, numHeads, mlpDim, isFirst: n == 0))]);
        final_attn_token_to_image = new Attention(embeddingDim, numHeads, downsampleRate: 2);
        norm_final_attn = nn.LayerNorm(embeddingDim);
        RegisterComponents();
    }

    /// <param name="imageEmbedding"><c>[B or 1,d,H,W]</c>.</param>
    /// <param name="imagePe"><c>[1,d,H,W]</c>.</param>
    /// <param name="tokens"><c>[B,N,d]</c>.</param>
    /// <returns>Tokens <c>[B,N,d]</c> and image <c>[B,H*W,d]</c>.</returns>
    public (Tensor Tokens, Tensor Image) forward(Tensor imageEmbedding, Tensor imagePe, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var keys = imageEmbedding.flatten(2).transpose(1, 2); // B,H*W,d
        var keyPe = imagePe.flatten(2).transpose(1, 2);
        var queries = tokens;
        foreach (var layer in layers)
            (queries, keys) = layer.forward(queries, keys, tokens, keyPe);

        queries = norm_final_attn.forward(queries + final_attn_token_to_image.forward(queries + tokens, keys + keyPe, keys));
        return (queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope());
    }
}
