using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

/// <summary>Encoder and decoder of a published configuration.</summary>
public abstract class FullSizeTests(FullSizeModel model)
{
    [Fact]
    public void Image_encoder_matches()
    {
        using var scope = new InferenceScope();
        using var golden = model.Open("image_encoder");
        var picture = tensor(model.Picture);
        Assert.Equal(golden["image_u8#val"].data<byte>().ToArray(), picture.index_select(0, golden["image_u8#idx"]).data<byte>().ToArray());
        golden.AssertMatches("input", model.Image, 1e-6, 0);

        var side = model.Model.Configuration.ImageSize / 4;
        golden.AssertMatches("trunk.pos_embed", model.Model.image_encoder.trunk.PositionTable(side, side), GoldenFile.Table);
        for (var n = 0; n < 4; n++)
        {
            golden.AssertMatches($"trunk.stage{n}", model.Stages[n], GoldenFile.FullSizeEncoder, 0);
            golden.AssertMatches($"neck.out{n}", model.Levels[n], GoldenFile.FullSizeEncoder, 0);
        }

        for (var n = 0; n < 3; n++)
            golden.AssertMatches($"forward_image.fpn{n}", model.Features.Levels[n], GoldenFile.FullSizeEncoder, 0);
    }

    [Fact]
    public void Position_maps_match()
    {
        using var golden = model.Open("image_encoder");
        using var sine = new PositionEmbeddingSine(model.Model.Configuration.ImageEncoder.Neck.PositionEncoding);
        for (var (n, side) = (0, model.Model.Configuration.ImageSize / 4); n < 4; n++, side /= 2)
            golden.AssertMatches($"neck.pos{n}", sine.Table(side, side, CPU, ScalarType.Float32), GoldenFile.Table);
    }

    [Fact]
    public void Decoder_matches()
    {
        using var golden = model.Open("decoder");
        foreach (var prompt in Prompts(golden))
        {
            using var scope = new InferenceScope();
            var (network, decoder) = (model.Model, model.Model.MaskDecoder);
            var sparse = network.PromptEncoder.EncodePoints(golden[prompt + ".coords"], golden[prompt + ".labels"]);
            var mask = MaskOf(prompt, golden);
            var dense = mask is null ? network.PromptEncoder.EncodeNoMask() : network.PromptEncoder.EncodeMask(mask);
            var conditioned = network.ConditionWithoutMemory(model.Features);
            golden.AssertMatches("dense_pe", network.PromptEncoder.GetDensePe(), GoldenFile.Table);
            golden.AssertMatches(prompt + ".sparse", sparse);
            if (mask is not null)
                golden.AssertMatches(prompt + ".dense", dense);

            var all = decoder.PredictMasks(conditioned, network.PromptEncoder.GetDensePe(), sparse, dense, model.Features.HighRes);
            golden.AssertMatches(prompt + ".all_masks", all.Masks, GoldenFile.FullSizeEncoder);
            golden.AssertMatches(prompt + ".all_ious", all.Ious);
            golden.AssertMatches(prompt + ".mask_tokens_out", all.SamTokens);
            golden.AssertMatches(prompt + ".object_score_logits", all.ObjectScoreLogits);
            golden.AssertMatches(prompt + ".stability", StableMask.Stability(all.Masks, 0.05), 1e-3);
            AssertChoice(golden, prompt + ".multimask1", decoder.Select(all, multimask: true));
            var single = decoder.Select(all, multimask: false);
            AssertChoice(golden, prompt + ".multimask0", single);
            golden.AssertMatches(prompt + ".multimask0.masks", single.Masks, GoldenFile.FullSizeEncoder);
        }
    }

    [Fact]
    public void Heads_match()
    {
        using var golden = model.Open("decoder");
        foreach (var prompt in Prompts(golden))
        {
            using var scope = new InferenceScope();
            var output = model.Model.ForwardSamHeads(
                model.Features,
                model.Model.ConditionWithoutMemory(model.Features),
                new SamPrompt { PointCoords = golden[prompt + ".coords"], PointLabels = golden[prompt + ".labels"], MaskInputs = MaskOf(prompt, golden) },
                multimask: prompt is "pos" or "pos_mask");

            golden.AssertMatches(prompt + ".heads.ious", output.Ious);
            golden.AssertMatches(prompt + ".heads.low_res_masks", output.LowResMasks, GoldenFile.FullSizeEncoder);
            golden.AssertMatches(prompt + ".heads.high_res_masks", output.HighResMasks, GoldenFile.FullSizeEncoder);
            golden.AssertMatches(prompt + ".heads.obj_ptr", output.ObjPtr);
            golden.AssertMatches(prompt + ".heads.object_score_logits", output.ObjectScoreLogits);
        }
    }

    /// <summary>The largest configurations were run with one point only.</summary>
    private static string[] Prompts(GoldenFile golden)
    {
        string[] prompts = [.. new[] { "pos", "points", "box", "pos_mask" }.Where(p => golden.Has(p + ".coords"))];
        Assert.Contains("pos", prompts);
        return prompts;
    }

    private static void AssertChoice(GoldenFile golden, string name, MaskDecoderOutput choice)
    {
        golden.AssertMatches(name + ".ious", choice.Ious);
        golden.AssertMatches(name + ".sam_tokens", choice.SamTokens);
    }

    private Tensor? MaskOf(string prompt, GoldenFile golden)
    {
        if (prompt != "pos_mask")
            return null;
        var side = model.Model.Configuration.LowResolutionMaskSize;
        return nn.functional.interpolate(golden["mask_input_16x16"], [side, side], mode: InterpolationMode.Nearest);
    }
}
