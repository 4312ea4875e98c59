using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

/// <summary>All of a published configuration, memory included.</summary>
public abstract class FullSizeMemoryTests(FullSizeModel model) : FullSizeTests(model)
{
    private readonly FullSizeModel model = model;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 4)]
    [InlineData(3, 12)]
    [InlineData(7, 64)]
    public void Memory_attention_matches(int memories, int pointerTokens)
    {
        using var scope = new InferenceScope();
        using var golden = model.Open("memory_attention");
        var tokens = model.Features.Top.size(2) * model.Features.Top.size(3);
        Tensor Sequence(string spatial, double scale, string pointer) => cat(
        [
            .. Enumerable.Range(0, memories).Select(n => FormulaModel.Input($"bigma.{spatial}{n}", [1, tokens, 64], 0, scale)),
            FormulaModel.Input($"bigma.{pointer}", [1, pointerTokens, 64], 0, 1),
        ], 1);

        var output = model.Model.ConditionOnMemory(model.Features, new MemorySequence(Sequence("mem", 2, "ptr"), Sequence("pos", 1, "ptrpos"), pointerTokens));

        golden.AssertMatches($"out.mem{memories}.ptr{pointerTokens}", output.flatten(2).permute(2, 0, 1));
    }

    [Fact]
    public void Memory_encoder_matches()
    {
        using var scope = new InferenceScope();
        using var golden = model.Open("memory_encoder");
        var (network, size) = (model.Model, model.Model.Configuration.ImageSize);
        var logits = nn.functional.interpolate(golden["logits_32x32"], [size, size], mode: InterpolationMode.Bilinear, align_corners: false);

        foreach (var fromPoints in (bool[])[true, false])
        {
            foreach (var present in (bool[])[true, false])
            {
                var memory = network.EncodeMemory(model.Features, logits, full([1, 1], present ? 2f : -2f), fromPoints);
                golden.AssertMatches($"encode.from_pts{(fromPoints ? 1 : 0)}.score{(present ? "pos" : "neg")}.features", memory);
            }
        }

        var side = network.Configuration.EmbeddingSize;
        golden.AssertMatches("encode.pos_enc", network.MemoryEncoder.Position(side, side, CPU, ScalarType.Float32), GoldenFile.Table);
        golden.AssertMatches("downsampled", network.MemoryEncoder.mask_downsampler.forward((logits.sigmoid() * 20) - 10));
    }
}
