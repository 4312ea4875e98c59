using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Tokens attend to themselves, then to the image, pass a perceptron, and the image attends to the tokens.
/// In the first block self-attention has no position and replaces the tokens instead of adding to them.
/// </summary>
public sealed class TwoWayAttentionBlock : nn.Module
{
    internal readonly Attention self_attn;
    internal readonly LayerNorm norm1;
    internal readonly Attention cross_attn_token_to_image;
    internal readonly LayerNorm norm2;
    internal readonly MLP mlp;
    internal readonly LayerNorm norm3;
    internal readonly LayerNorm norm4;
    internal readonly Attention cross_attn_image_to_token;
    private readonly bool isFirst;

    public TwoWayAttentionBlock(int embeddingDim, int numHeads, int mlpDim, bool isFirst)
        : base(nameof(TwoWayAttentionBlock))
    {
        this.isFirst = isFirst;
        self_attn = new Attention(embeddingDim, numHeads);
        norm1 = nn.LayerNorm(embeddingDim);
        cross_attn_token_to_image = new Attention(embeddingDim, numHeads, downsampleRate: 2);
        norm2 = nn.LayerNorm(embeddingDim);
        mlp = new MLP(embeddingDim, mlpDim, embeddingDim, 2);
        norm3 = nn.LayerNorm(embeddingDim);
        norm4 = nn.LayerNorm(embeddingDim);
        cross_attn_image_to_token = new Attention(embeddingDim, numHeads, downsampleRate: 2);
        RegisterComponents();
    }

    /// <param name="queries">Tokens <c>[B,N,d]</c>.</param>
    /// <param name="keys">Image <c>[B or 1,H*W,d]</c>.</param>
    /// <param name="queryPe">Position of the tokens: the tokens as they came in.</param>
    /// <param name="keyPe">Position on the image <c>[1,H*W,d]</c>.</param>
    /// <returns>Tokens and image, changed.</returns>
    public (Tensor Queries, Tensor Keys) forward(Tensor queries, Tensor keys, Tensor queryPe, Tensor keyPe)
    {
        using var scope = NewDisposeScope();
        if (isFirst)
        {
            queries = self_attn.forward(queries, queries, queries);
        }
        else
        {
            var placed = queries + queryPe;
            queries = queries + self_attn.forward(placed, placed, queries);
        }

        queries = norm1.forward(queries);
        var keysPlaced = keys + keyPe;
        queries = norm2.forward(queries + cross_attn_token_to_image.forward(queries + queryPe, keysPlaced, keys));
        queries = norm3.forward(queries + mlp.forward(queries));
        keys = norm4.forward(keys + cross_attn_image_to_token.forward(keysPlaced, queries + queryPe, queries));
        return (queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope());
    }
}
