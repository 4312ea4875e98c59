using MedSam2.Network.Runtime;
using MedSam2.Network.Tests.Golden;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Model;

public class MemoryAssemblyTests
{
    private static readonly Sam2Model Toy = ToyModel.Get();
    private static readonly ImageFeatures Features = new([Random("features", 1, 32)]);

    [Theory]
    [InlineData("toy")]
    [InlineData("toy20")]
    public void Sequence_of_the_fourth_slice_of_a_track_is_the_reference_s(string name)
    {
        using var scope = new InferenceScope();
        using var golden = GoldenFile.Open(name, "track_point");
        var model = ToyModel.Get(name);
        Tensor Stored(int frame, string what) => golden[$"s01.state.o0.{(frame == 0 ? "cond" : "non_cond")}.f{frame:00}.{what}"];
        MemorySlot Memory(int frame, int row) => new(Stored(frame, "maskmem_features")) { TemporalRows = [row] };
        PointerSlot Pointer(int frame, float distance) => new(Stored(frame, "obj_ptr")) { TemporalPositions = [distance / 7] };

        var sequence = model.AssembleMemory(new MemoryContext(
            [Memory(0, 6), Memory(1, 1), Memory(2, 0)],
            [Pointer(0, 3), Pointer(2, 1), Pointer(1, 2)]));

        Assert.Equal(12, sequence.PointerTokens);
        Assert.Null(sequence.Bias);
        golden.AssertMatches("s01.f03.o0.memory", sequence.Tokens.transpose(0, 1));
        golden.AssertMatches("s01.f03.o0.memory_pos", sequence.Positions.transpose(0, 1));
    }

    [Fact]
    public void Bias_of_log_n_equals_the_same_memory_n_times()
    {
        using var scope = new InferenceScope();
        var (a, b) = (new MemorySlot(Random("a", 1)) { TemporalRows = [0] }, new MemorySlot(Random("b", 1)) { TemporalRows = [1] });
        var pointer = new PointerSlot(Pointer("p", 1));

        var drawn = Toy.ConditionOnMemory(Features, new MemoryContext([a, a, a, b], [pointer]));
        var weighted = Toy.ConditionOnMemory(Features, new MemoryContext([a with { AttentionBias = [MathF.Log(3)] }, b], [pointer]));

        GoldenFile.AssertClose(drawn, weighted, 1e-5, 1e-5);
    }

    [Fact]
    public void Objects_with_different_memories_in_one_batch_equal_each_alone()
    {
        using var scope = new InferenceScope();
        var (first, second, pointers) = (Random("first", 2), Random("second", 2), Pointer("pointers", 2));
        var together = Toy.ConditionOnMemory(Features, new MemoryContext(
            [
                new(first) { TemporalRows = [6, 3] },
                new(second) { TemporalRows = [0, null], AttentionBias = [float.NegativeInfinity, 0.5f] }, // the first object does not have it
            ],
            [new(pointers) { TemporalPositions = [0.25f, null] }]));

        var alone = Toy.ConditionOnMemory(Features, new MemoryContext([new(first[..1]) { TemporalRows = [6] }], [new(pointers[..1]) { TemporalPositions = [0.25f] }]));
        var other = Toy.ConditionOnMemory(Features, new MemoryContext(
            [new(first[1..]) { TemporalRows = [3] }, new(second[1..]) { AttentionBias = [0.5f] }],
            [new(pointers[1..])]));

        GoldenFile.AssertClose(cat([alone, other], 0), together, 1e-5, 1e-5);
    }

    [Fact]
    public void Without_pointers_and_bias_the_order_of_memories_does_not_matter()
    {
        using var scope = new InferenceScope();
        var (a, b) = (new MemorySlot(Random("a", 1)) { TemporalRows = [0] }, new MemorySlot(Random("b", 1)) { TemporalRows = [1] });

        var forward = Toy.ConditionOnMemory(Features, new MemoryContext([a, b], []));
        var backward = Toy.ConditionOnMemory(Features, new MemoryContext([b, a], []));

        GoldenFile.AssertClose(forward, backward, 1e-5, 1e-5);
        var other = Toy.ConditionOnMemory(Features, new MemoryContext([a], []));
        Assert.True((forward - other).abs().max().item<float>() > 1e-2, "memories make no difference");
    }

    [Fact]
    public void Misfits_are_named()
    {
        var memory = new MemorySlot(Random("a", 2));
        Assert.Throws<ArgumentException>(() => Toy.AssembleMemory(new MemoryContext([], [])));
        Assert.Throws<ArgumentException>(() => Toy.AssembleMemory(new MemoryContext([memory, new(Random("b", 3))], [])));
        Assert.Throws<ArgumentException>(() => Toy.AssembleMemory(new MemoryContext([memory with { TemporalRows = [1, 2, 3] }], [])));
        Assert.Throws<ArgumentException>(() => Toy.AssembleMemory(new MemoryContext([memory with { TemporalRows = [7] }], [])));
        Assert.Throws<ArgumentException>(() => Toy.AssembleMemory(new MemoryContext([memory with { AttentionBias = [1, 2, 3] }], [])));
        Assert.Throws<ArgumentException>(() => Toy.AssembleMemory(new MemoryContext([memory], [new(Pointer("p", 1))])));
    }

    private static Tensor Random(string name, int objects, int channels = 8) => FormulaModel.Input(name, [objects, channels, 8, 8], 0, 2).DetachFromDisposeScope();

    private static Tensor Pointer(string name, int objects) => FormulaModel.Input(name, [objects, 32], 0, 2);
}
