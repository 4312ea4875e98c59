using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Points and boxes become sparse tokens, a mask becomes a dense embedding that is added to the features.</summary>
public sealed class PromptEncoder : nn.Module
{
    private const int MaskInChans = 16;

    internal readonly PositionEmbeddingRandom pe_layer;
    internal readonly ModuleList<Embedding> point_embeddings;
    internal readonly Embedding not_a_point_embed;
    internal readonly ModuleList<nn.Module<Tensor, Tensor>> mask_downscaling;
    internal readonly Embedding no_mask_embed;
    private readonly int embeddingSize;
    private readonly int imageSize;

    /// <param name="embedDim">Channels.</param>
    /// <param name="embeddingSize">Tokens along a side of the features.</param>
    /// <param name="imageSize">Pixels along a side of the image.</param>
    public PromptEncoder(int embedDim, int embeddingSize, int imageSize)
        : base(nameof(PromptEncoder))
    {
        this.embeddingSize = embeddingSize;
        this.imageSize = imageSize;
        pe_layer = new PositionEmbeddingRandom(embedDim / 2);
        point_embeddings = nn.ModuleList([.. Enumerable.Range(0, 4).Select(_ => nn.Embedding(1, embedDim))]);
        not_a_point_embed = nn.Embedding(1, embedDim);
        mask_downscaling = nn.ModuleList<nn.Module<Tensor, Tensor>>(
            nn.Conv2d(1, MaskInChans / 4, 2L, stride: 2L),
            new LayerNorm2d(MaskInChans / 4),
            nn.GELU(),
            nn.Conv2d(MaskInChans / 4, MaskInChans, 2L, stride: 2L),
            new LayerNorm2d(MaskInChans),
            nn.GELU(),
            nn.Conv2d(MaskInChans, embedDim, 1L));
        no_mask_embed = nn.Embedding(1, embedDim);
        RegisterComponents();
    }

    /// <summary>Side of the mask that <see cref="EncodeMask"/> takes: a quarter of the image's.</summary>
    public int MaskInputSize => 4 * embeddingSize;

    private ScalarType Type => no_mask_embed.weight!.dtype;

    /// <summary>Points, and boxes as two points labelled 2 (top left) and 3 (bottom right). One pad token follows.</summary>
    /// <param name="coordinates"><c>[B,P,2]</c>, x and y in pixels of the input image; half a pixel is added here.</param>
    /// <param name="labels"><c>[B,P]</c>, 1 inside the object, 0 outside, 2 and 3 a box, -1 no point.</param>
    /// <param name="pad">Appends the token for "no point", as the reference does wherever boxes come as points.</param>
    /// <returns><c>[B,P+1,d]</c>.</returns>
    public Tensor EncodePoints(Tensor coordinates, Tensor labels, bool pad = true)
    {
        using var scope = NewDisposeScope();
        var centres = coordinates.to(ScalarType.Float32) + 0.5;
        if (pad)
        {
            centres = cat([centres, zeros_like(centres.narrow(1, 0, 1))], 1);
            labels = cat([labels, full_like(labels.narrow(1, 0, 1), -1)], 1);
        }

        var encoded = pe_layer.forward(centres / imageSize).to(Type); // B,P,d
        var kinds = labels.unsqueeze(-1);
        var tokens = encoded.where(kinds.ne(-1), not_a_point_embed.weight!);
        for (var label = 0; label < point_embeddings.Count; label++)
            tokens = (tokens + point_embeddings[label].weight!).where(kinds.eq(label), tokens);
        return tokens.MoveToOuterDisposeScope();
    }

    /// <summary>Boxes as an argument of their own, with no pad token.</summary>
    /// <param name="boxes"><c>[B,4]</c>, x0, y0, x1, y1 in pixels of the input image.</param>
    /// <returns><c>[B,2,d]</c>.</returns>
    public Tensor EncodeBoxes(Tensor boxes)
    {
        using var scope = NewDisposeScope();
        var corners = boxes.reshape(-1, 2, 2);
        var labels = arange(2, 4, ScalarType.Int32, boxes.device).expand(corners.size(0), 2);
        return EncodePoints(corners, labels, pad: false).MoveToOuterDisposeScope();
    }

    /// <param name="mask"><c>[B,1,4h,4w]</c>, logits.</param>
    /// <returns><c>[B,d,h,w]</c>.</returns>
    public Tensor EncodeMask(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return mask_downscaling.Forward(mask.to(Type)).MoveToOuterDisposeScope();
    }

    /// <summary>What stands for the dense embedding where no mask is given: <c>[1,d,h,w]</c>.</summary>
    public Tensor EncodeNoMask()
    {
        using var scope = NewDisposeScope();
        return no_mask_embed.weight!.reshape(1, -1, 1, 1).expand(-1, -1, embeddingSize, embeddingSize).MoveToOuterDisposeScope();
    }

    /// <summary>The position of every token of the features: <c>[1,d,h,w]</c>.</summary>
    public Tensor GetDensePe()
    {
        using var scope = NewDisposeScope();
        return pe_layer.Grid(embeddingSize).to(Type).MoveToOuterDisposeScope();
    }
}
