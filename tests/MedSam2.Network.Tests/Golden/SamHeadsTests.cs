using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

public class SamHeadsTests
{
    private static readonly Lazy<Sam2Model> Absent = new(() =>
    {
        var model = FormulaModel.Create("toy", c => c.WithTrackingDefaults());
        FormulaModel.Override(model, "sam_mask_decoder.pred_obj_score_head.layers.2.bias", -3);
        return model;
    });

    [Theory]
    [InlineData("pos", true)]
    [InlineData("pos", false)]
    [InlineData("box", true)]
    [InlineData("box", false)]
    [InlineData("noprompt", true)]
    public void Decode_matches_with_its_pointer(string prompt, bool multimask)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "sam_heads");

        var output = Forward(ToyModel.Get(), Prompt(prompt), multimask);

        AssertOutput(golden, $"{prompt}.multimask{(multimask ? 1 : 0)}", output);
    }

    [Fact]
    public void Absent_object_has_an_empty_mask_and_the_pointer_of_absence()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "sam_heads");

        var output = Forward(Absent.Value, Prompt("pos"), multimask: true);

        AssertOutput(golden, "absent.multimask1", output);
        Assert.Equal(Sam2Model.NoObjectScore, output.HighResMasks.max().item<float>());
    }

    [Fact]
    public void Mask_prompt_of_image_size_is_shrunk_with_antialiasing()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "sam_heads");

        foreach (var input in (string[])["bigmask.input", "bigmask.resized"])
            AssertOutput(golden, "bigmask", Forward(ToyModel.Get(), Prompt("pos") with { MaskInputs = golden[input] }, multimask: false));
    }

    [Theory]
    [InlineData("ellipse")]
    [InlineData("empty")]
    public void Mask_prompt_as_output_matches(string mask)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "sam_heads");
        using var inputs = GoldenFile.Open("toy", "mask_decoder");
        var ellipse = golden["use_mask.ellipse.input"];

        var output = ToyModel.Get().UseMaskAsOutput(Features(inputs), inputs["image_embed"], mask == "empty" ? zeros_like(ellipse) : ellipse);

        AssertOutput(golden, "use_mask." + mask, output);
    }

    private static SamOutput Forward(Sam2Model model, SamPrompt prompt, bool multimask)
    {
        using var inputs = GoldenFile.Open("toy", "mask_decoder");
        return model.ForwardSamHeads(Features(inputs), inputs["image_embed"], prompt, multimask);
    }

    private static ImageFeatures Features(GoldenFile inputs) => new([inputs["high_res0"], inputs["high_res1"], inputs["image_embed"]]);

    private static SamPrompt Prompt(string name)
    {
        using var golden = GoldenFile.Open("toy", "prompt_encoder");
        return name == "noprompt" ? SamPrompt.None : new SamPrompt { PointCoords = golden[name + ".coords"], PointLabels = golden[name + ".labels"] };
    }

    private static void AssertOutput(GoldenFile golden, string name, SamOutput output)
    {
        foreach (var (part, tensor) in new[]
        {
            ("low_res_multimasks", output.LowResMultimasks),
            ("ious", output.Ious),
            ("low_res_masks", output.LowResMasks),
            ("high_res_masks", output.HighResMasks),
            ("obj_ptr", output.ObjPtr),
            ("object_score_logits", output.ObjectScoreLogits),
        })
        {
            if (golden.Has($"{name}.{part}"))
                golden.AssertMatches($"{name}.{part}", tensor);
        }
    }
}
