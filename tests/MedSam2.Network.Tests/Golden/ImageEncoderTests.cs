using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport.Formula;
using Xunit;

namespace MedSam2.Network.Tests.Golden;

public class ImageEncoderTests
{
    [Theory]
    [InlineData("toy")]
    [InlineData("toy20")]
    public void Every_block_of_the_trunk_matches(string name)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "image_encoder");
        var trunk = ToyModel.Get(name).image_encoder.trunk;

        golden.AssertMatches("trunk.patch_embed", trunk.patch_embed.forward(golden["input"]));
        golden.AssertMatches("trunk.pos_embed", trunk.PositionTable(32, 32), GoldenFile.Table);
        var x = trunk.Embed(golden["input"]);
        for (var n = 0; n < trunk.blocks.Count; n++)
        {
            x = trunk.blocks[n].forward(x);
            golden.AssertMatches($"trunk.block{n}", x);
        }
    }

    [Theory]
    [InlineData("toy")]
    [InlineData("toy20")]
    public void Stages_and_neck_match(string name)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "image_encoder");
        var encoder = ToyModel.Get(name).image_encoder;

        var stages = encoder.trunk.forward(golden["input"]);
        var levels = encoder.neck.forward(stages);

        for (var n = 0; n < 4; n++)
        {
            golden.AssertMatches($"trunk.stage{n}", stages[n]);
            golden.AssertMatches($"neck.out{n}", levels[n]);
        }
    }

    [Fact]
    public void Features_match_from_the_picture_on()
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open("toy", "image_encoder");
        var picture = FormulaImage.Still(128);
        Assert.Equal(golden["image_u8"].data<byte>().ToArray(), picture);
        var image = FormulaModel.Normalize(picture, 128);
        golden.AssertMatches("input", image, absolute: 1e-6, relative: 0);

        var features = ToyModel.Get().EncodeImage(image);

        for (var n = 0; n < 3; n++)
            golden.AssertMatches($"forward_image.fpn{n}", features.Levels[n]);
        golden.AssertMatches("forward_image.vision_features", features.Top);
    }

    [Fact]
    public void Position_maps_match()
    {
        using var golden = GoldenFile.Open("toy", "image_encoder");
        using var sine = new PositionEmbeddingSine(new SinePositionConfiguration(32));

        for (var (n, side) = (0, 32); n < 4; n++, side /= 2)
            golden.AssertMatches($"neck.pos{n}", sine.Table(side, side, TorchSharp.torch.CPU, TorchSharp.torch.ScalarType.Float32), GoldenFile.Table);
    }
}
