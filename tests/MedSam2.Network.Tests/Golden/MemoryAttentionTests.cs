using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

public sealed class MemoryAttentionTests : IDisposable
{
    private readonly GoldenFile golden = GoldenFile.Open("toy", "memory_attention");

    [Theory]
    [InlineData("toy", 1, 0)]
    [InlineData("toy", 1, 4)]
    [InlineData("toy", 3, 12)]
    [InlineData("toy", 7, 16)]
    [InlineData("toy20", 3, 12)]
    public void Conditioned_features_match(string model, int memories, int pointerTokens)
    {
        using var scope = new InferenceScope();

        var output = ToyModel.Get(model).MemoryAttention.forward(Map("curr"), Map("curr_pos"), Sequence(memories, pointerTokens));

        golden.AssertMatches($"out.mem{memories}.ptr{pointerTokens}", TokensFirst(output));
    }

    [Fact]
    public void Every_layer_matches()
    {
        using var scope = new InferenceScope();
        var layers = ToyModel.Get().MemoryAttention.layers;
        var memory = Sequence(3, 12);
        var position = golden["curr_pos"].transpose(0, 1);

        var x = golden["curr"].transpose(0, 1) + (0.1 * position);
        for (var n = 0; n < layers.Count; n++)
        {
            var name = $"mem3.ptr12.layer{n}";
            var afterSelf = layers[n].AttendToSelf(x, position, 8, 8);
            golden.AssertMatches(name + ".after_sa", afterSelf);
            golden.AssertMatches(name + ".after_ca", layers[n].AttendToMemory(afterSelf, position, memory, 8, 8));
            x = layers[n].forward(x, position, memory, 8, 8);
            golden.AssertMatches(name + ".out", x);
        }
    }

    [Fact]
    public void Several_objects_on_one_image_match()
    {
        using var scope = new InferenceScope();
        var memory = golden["b2.memory"].transpose(0, 1);
        var sequence = new MemorySequence(memory, golden["b2.memory_pos"].transpose(0, 1), PointerTokens: memory.size(1) % 64);

        var output = ToyModel.Get().MemoryAttention.forward(Map("curr"), Map("curr_pos"), sequence);

        golden.AssertMatches("b2.out", TokensFirst(output));
    }

    public void Dispose() => golden.Dispose();

    private MemorySequence Sequence(int memories, int pointerTokens)
    {
        Tensor Concatenated(string spatial, string pointer) =>
            cat([.. Enumerable.Range(0, memories).Select(n => golden[spatial + n]), golden[pointer].narrow(0, 0, pointerTokens)], 0).transpose(0, 1);
        return new MemorySequence(Concatenated("mem", "ptr"), Concatenated("mem_pos", "ptr_pos"), pointerTokens);
    }

    /// <summary>Tokens first, as the file has them, to a map.</summary>
    private Tensor Map(string name) => golden[name].permute(1, 2, 0).reshape(1, -1, 8, 8);

    private static Tensor TokensFirst(Tensor map) => map.flatten(2).permute(2, 0, 1);
}
