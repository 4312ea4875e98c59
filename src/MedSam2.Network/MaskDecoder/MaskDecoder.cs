using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>
/// SAM's mask decoder: one mask for an unambiguous prompt (number 0) and three candidates for an ambiguous one (1 to 3), a predicted IoU for
/// each, and whether the object is there at all.
/// </summary>
public sealed class MaskDecoder : nn.Module
{
    private const int NumMultimaskOutputs = 3;
    private const int NumMaskTokens = NumMultimaskOutputs + 1;
    private const double CertainlyPresent = 10; // the score where there is no occlusion head

    internal readonly TwoWayTransformer transformer;
    internal readonly Embedding iou_token;
    internal readonly Embedding mask_tokens;
    internal readonly ModuleList<nn.Module<Tensor, Tensor>> output_upscaling;
    internal readonly ModuleList<MLP> output_hypernetworks_mlps;
    internal readonly MLP iou_prediction_head;
    internal readonly Embedding? obj_score_token;
    internal readonly nn.Module<Tensor, Tensor>? pred_obj_score_head;
    internal readonly Conv2d? conv_s0;
    internal readonly Conv2d? conv_s1;
    private readonly StabilityFallback fallback;
    private readonly bool useMultimaskToken;

    public MaskDecoder(Sam2Configuration configuration)
        : base(nameof(MaskDecoder))
    {
        var dim = configuration.HiddenDim;
        fallback = configuration.SamMaskDecoderExtraArgs;
        useMultimaskToken = configuration.UseMultimaskTokenForObjPtr;
        transformer = new TwoWayTransformer(depth: 2, dim, numHeads: 8, mlpDim: 2048);
        iou_token = nn.Embedding(1, dim);
        mask_tokens = nn.Embedding(NumMaskTokens, dim);
        output_upscaling = nn.ModuleList<nn.Module<Tensor, Tensor>>(
            nn.ConvTranspose2d(dim, dim / 4, 2L, stride: 2L),
            new LayerNorm2d(dim / 4),
            nn.GELU(),
            nn.ConvTranspose2d(dim / 4, dim / 8, 2L, stride: 2L),
            nn.GELU());
        output_hypernetworks_mlps = nn.ModuleList([.. Enumerable.Range(0, NumMaskTokens).Select(_ => new MLP(dim, dim, dim / 8, 3))]);
        iou_prediction_head = new MLP(dim, 256, NumMaskTokens, 3, sigmoidOutput: configuration.IouPredictionUseSigmoid);
        if (configuration.PredObjScores)
        {
            obj_score_token = nn.Embedding(1, dim);
            pred_obj_score_head = configuration.PredObjScoresMlp ? new MLP(dim, dim, 1, 3) : nn.Linear(dim, 1);
        }

        if (configuration.UseHighResFeaturesInSam)
        {
            conv_s0 = nn.Conv2d(dim, dim / 8, 1L);
            conv_s1 = nn.Conv2d(dim, dim / 4, 1L);
        }

        RegisterComponents();
    }

    /// <param name="imageEmbeddings"><c>[B or 1,d,h,w]</c>.</param>
    /// <param name="imagePe"><c>[1,d,h,w]</c>.</param>
    /// <param name="sparse">Prompt tokens <c>[B,N,d]</c>; N may be 0.</param>
    /// <param name="dense"><c>[B or 1,d,h,w]</c>.</param>
    /// <param name="highRes">Projected features <c>[B or 1,d/8,4h,4w]</c> and <c>[B or 1,d/4,2h,2w]</c>; null where the network does not use them.</param>
    /// <returns>All four masks.</returns>
    public MaskDecoderOutput PredictMasks(Tensor imageEmbeddings, Tensor imagePe, Tensor sparse, Tensor dense, (Tensor S0, Tensor S1)? highRes)
    {
        using var scope = NewDisposeScope();
        var batch = sparse.size(0);
        var tokens = cat([OutputTokens().unsqueeze(0).expand(batch, -1, -1), sparse], 1);
        var (hs, image) = transformer.forward(imageEmbeddings + dense, imagePe, tokens);

        var first = obj_score_token is null ? 0 : 1;
        var maskTokensOut = hs.narrow(1, first + 1, NumMaskTokens); // B,4,d
        var src = image.transpose(1, 2).reshape(batch, -1, imageEmbeddings.size(2), imageEmbeddings.size(3));
        var upscaled = Upscale(src, highRes); // B,d/8,4h,4w
        var kernels = stack([.. output_hypernetworks_mlps.Select((mlp, n) => mlp.forward(maskTokensOut.select(1, n)))], 1); // B,4,d/8
        var masks = kernels.bmm(upscaled.flatten(2)).view(batch, NumMaskTokens, upscaled.size(2), upscaled.size(3));
        var score = pred_obj_score_head?.forward(hs.select(1, 0)) ?? full_like(hs.select(1, 0).narrow(1, 0, 1), CertainlyPresent);
        return new MaskDecoderOutput(
            masks.MoveToOuterDisposeScope(),
            iou_prediction_head.forward(hs.select(1, first)).MoveToOuterDisposeScope(),
            maskTokensOut.MoveToOuterDisposeScope(),
            score.MoveToOuterDisposeScope());
    }

    /// <summary>Of all four masks, the three candidates or the single one, with the tokens that become pointers.</summary>
    public MaskDecoderOutput Select(MaskDecoderOutput all, bool multimask)
    {
        using var scope = NewDisposeScope();
        var (masks, ious) = multimask ? (all.Masks.narrow(1, 1, NumMultimaskOutputs), all.Ious.narrow(1, 1, NumMultimaskOutputs))
            : fallback.DynamicMultimaskViaStability && !training ? StableMask.Choose(all.Masks, all.Ious, fallback)
            : (all.Masks.narrow(1, 0, 1), all.Ious.narrow(1, 0, 1));
        var tokens = multimask && useMultimaskToken ? all.SamTokens.narrow(1, 1, NumMultimaskOutputs) : all.SamTokens.narrow(1, 0, 1);
        return new MaskDecoderOutput(
            masks.MoveToOuterDisposeScope(),
            ious.MoveToOuterDisposeScope(),
            tokens.MoveToOuterDisposeScope(),
            all.ObjectScoreLogits.alias().MoveToOuterDisposeScope());
    }

    /// <summary>Object score (where there is one), IoU, four masks: in this order, before the prompts.</summary>
    private Tensor OutputTokens() => obj_score_token is null
        ? cat([iou_token.weight!, mask_tokens.weight!], 0)
        : cat([obj_score_token.weight!, iou_token.weight!, mask_tokens.weight!], 0);

    private Tensor Upscale(Tensor src, (Tensor S0, Tensor S1)? highRes)
    {
        var x = output_upscaling[0].forward(src);
        if (highRes is { S1: var s1 })
            x += s1;
        x = output_upscaling[3].forward(gelu(output_upscaling[1].forward(x)));
        if (highRes is { S0: var s0 })
            x += s0;
        return gelu(x);
    }
}

/// <summary>What the decoder says: M masks of a prompt, or all four.</summary>
/// <param name="Masks"><c>[B,M,4h,4w]</c>, logits.</param>
/// <param name="Ious"><c>[B,M]</c>, predicted.</param>
/// <param name="SamTokens"><c>[B,M or 1,d]</c>, that become object pointers.</param>
/// <param name="ObjectScoreLogits"><c>[B,1]</c>, above 0 where the object is there.</param>
public sealed record MaskDecoderOutput(Tensor Masks, Tensor Ious, Tensor SamTokens, Tensor ObjectScoreLogits) : IDisposable
{
    public void Dispose()
    {
        Masks.Dispose();
        Ious.Dispose();
        SamTokens.Dispose();
        ObjectScoreLogits.Dispose();
    }
}
