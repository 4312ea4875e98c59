using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

public sealed class MemoryEncoderTests : IDisposable
{
    private readonly GoldenFile golden = GoldenFile.Open("toy", "memory_encoder");

    [Fact]
    public void Every_step_matches()
    {
        using var scope = new InferenceScope();
        var encoder = ToyModel.Get().MemoryEncoder;

        var downsampled = encoder.mask_downsampler.forward(golden["direct.masks"]);
        golden.AssertMatches("direct.downsampled", downsampled);
        var x = encoder.pix_feat_proj.forward(golden["direct.pix_feat"]) + downsampled;
        golden.AssertMatches("direct.before_fuser", x);
        for (var n = 0; n < 2; n++)
        {
            x = encoder.fuser.layers[n].forward(x);
            golden.AssertMatches($"direct.fuser{n}", x);
        }

        golden.AssertMatches("direct.skip_sigmoid.features", encoder.forward(golden["direct.pix_feat"], golden["direct.masks"]));
        golden.AssertMatches("direct.with_sigmoid.features", encoder.forward(golden["direct.pix_feat"], golden["direct.masks"].sigmoid()));
        golden.AssertMatches("direct.pos_enc", encoder.Position(8, 8, CPU, ScalarType.Float32).expand(2, -1, -1, -1), GoldenFile.Table);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Memory_of_a_slice_matches(bool fromPoints, bool present)
    {
        using var scope = new InferenceScope();
        var features = new ImageFeatures([golden["encode.pix_feat"]]);

        var memory = ToyModel.Get().EncodeMemory(features, golden["encode.high_res_logits"], full([1, 1], present ? 2f : -2f), fromPoints);

        golden.AssertMatches($"encode.from_pts{(fromPoints ? 1 : 0)}.score{(present ? "pos" : "neg")}.features", memory);
    }

    [Fact]
    public void Overlapping_objects_are_told_apart()
    {
        golden.AssertMatches("overlap.out", Sam2Model.ApplyNonOverlappingConstraints(golden["overlap.logits"]), 0, 0);
    }

    public void Dispose() => golden.Dispose();
}
