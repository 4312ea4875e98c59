using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

public class PromptEncoderTests
{
    [Theory]
    [InlineData("pos")]
    [InlineData("neg")]
    [InlineData("mixed_pad")]
    [InlineData("box")]
    [InlineData("box_point")]
    [InlineData("batch2")]
    public void Points_and_boxes_as_points_match(string prompt)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "prompt_encoder");

        var tokens = ToyModel.Get().PromptEncoder.EncodePoints(golden[prompt + ".coords"], golden[prompt + ".labels"]);

        golden.AssertMatches(prompt + ".sparse", tokens);
    }

    [Fact]
    public void Boxes_of_their_own_have_no_pad_token()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "prompt_encoder");
        var encoder = ToyModel.Get().PromptEncoder;

        var boxes = encoder.EncodeBoxes(golden["boxes_arg.boxes"]);
        golden.AssertMatches("boxes_arg.sparse", boxes);

        var points = encoder.EncodePoints(golden["pos.coords"], golden["pos.labels"], pad: false);
        golden.AssertMatches("points_and_boxes_arg.sparse", cat([points, boxes.narrow(0, 0, 1)], 1));
    }

    [Fact]
    public void Mask_and_no_mask_match()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "prompt_encoder");
        var encoder = ToyModel.Get().PromptEncoder;

        golden.AssertMatches("mask.dense", encoder.EncodeMask(golden["mask.input"]));
        golden.AssertMatches("no_mask.dense", encoder.EncodeNoMask());
        golden.AssertMatches("point_mask.sparse", encoder.EncodePoints(golden["pos.coords"], golden["pos.labels"]));
    }
}
