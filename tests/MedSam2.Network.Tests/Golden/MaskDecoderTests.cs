using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

public class MaskDecoderTests
{
    private static readonly Lazy<Sam2Model> WithoutFallback = new(() => FormulaModel.Create("toy"));

    [Theory]
    [InlineData("toy", "pos")]
    [InlineData("toy", "neg")]
    [InlineData("toy", "mixed_pad")]
    [InlineData("toy", "box")]
    [InlineData("toy", "box_point")]
    [InlineData("toy", "batch2")]
    [InlineData("toy", "pos_mask")]
    [InlineData("toy20", "pos")]
    public void Masks_scores_and_choices_match(string model, string prompt)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "mask_decoder");
        var decoder = ToyModel.Get(model).MaskDecoder;

        var all = Predict(ToyModel.Get(model), golden, prompt);

        golden.AssertMatches($"{prompt}.all_masks", all.Masks);
        golden.AssertMatches($"{prompt}.all_ious", all.Ious);
        golden.AssertMatches($"{prompt}.mask_tokens_out", all.SamTokens);
        golden.AssertMatches($"{prompt}.object_score_logits", all.ObjectScoreLogits);
        golden.AssertMatches($"{prompt}.stability", StableMask.Stability(all.Masks, 0.05));
        AssertChoice(golden, $"{prompt}.multimask1", decoder.Select(all, multimask: true));
        AssertChoice(golden, $"{prompt}.multimask0", decoder.Select(all, multimask: false));
        AssertChoice(golden, $"{prompt}.multimask0_nodyn", WithoutFallback.Value.MaskDecoder.Select(all, multimask: false));
    }

    [Theory]
    [InlineData("pos")]
    [InlineData("pos_mask")]
    public void Transformer_matches(string prompt)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "mask_decoder");
        var model = ToyModel.Get();
        var (_, dense) = Prompt(model, prompt);

        var (tokens, image) = model.MaskDecoder.transformer.forward(golden["image_embed"] + dense, model.PromptEncoder.GetDensePe(), golden[prompt + ".tokens_in"]);

        golden.AssertMatches(prompt + ".hs", tokens);
        golden.AssertMatches(prompt + ".src", image);
    }

    [Fact]
    public void Stability_fallback_matches_for_crafted_logits()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "dynamic_multimask");
        var fallback = ToyModel.Get().Configuration.SamMaskDecoderExtraArgs;

        var (mask, iou) = StableMask.Choose(golden["logits"], golden["ious"], fallback);

        golden.AssertMatches("stability", StableMask.Stability(golden["logits"].narrow(1, 0, 1), 0.05));
        golden.AssertMatches("masks_out", mask);
        golden.AssertMatches("ious_out", iou);
    }

    [Fact]
    public void Several_objects_on_one_image_equal_each_alone()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "mask_decoder");
        var model = ToyModel.Get();

        var together = Predict(model, golden, "batch2").Masks;

        var (sparse, dense) = Prompt(model, "batch2");
        for (var n = 0; n < 2; n++)
        {
            var alone = Predict(model, golden, sparse.narrow(0, n, 1), dense).Masks;
            GoldenFile.AssertClose(alone, together.narrow(0, n, 1), 1e-5, 1e-5);
        }
    }

    private static MaskDecoderOutput Predict(Sam2Model model, GoldenFile golden, string prompt)
    {
        var (sparse, dense) = Prompt(model, prompt);
        return Predict(model, golden, sparse, dense);
    }

    private static MaskDecoderOutput Predict(Sam2Model model, GoldenFile golden, Tensor sparse, Tensor dense) =>
        model.MaskDecoder.PredictMasks(golden["image_embed"], model.PromptEncoder.GetDensePe(), sparse, dense, (golden["high_res0"], golden["high_res1"]));

    private static (Tensor Sparse, Tensor Dense) Prompt(Sam2Model model, string prompt)
    {
        using var golden = GoldenFile.Open("toy", "prompt_encoder");
        var points = prompt == "pos_mask" ? "pos" : prompt;
        return (
            model.PromptEncoder.EncodePoints(golden[points + ".coords"], golden[points + ".labels"]),
            prompt == "pos_mask" ? model.PromptEncoder.EncodeMask(golden["mask.input"]) : model.PromptEncoder.EncodeNoMask());
    }

    private static void AssertChoice(GoldenFile golden, string name, MaskDecoderOutput choice)
    {
        golden.AssertMatches(name + ".masks", choice.Masks);
        golden.AssertMatches(name + ".ious", choice.Ious);
        if (golden.Has(name + ".sam_tokens"))
            golden.AssertMatches(name + ".sam_tokens", choice.SamTokens);
    }
}
