using MedSam2.Inference.Memory;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests;

public sealed class ResamplingTests
{
    private const int Memories = 3;
    private const int TokensPerMemory = 8;

    private static readonly double[] P = Resampling.Probabilities([0.9, 0.2, -0.4], 0.5);

    [Fact]
    public void Expected_bias_equals_attention_to_the_memories_of_many_draws()
    {
        using var scope = NewDisposeScope();
        var (query, keys, values) = Attention();
        const int draws = 40_000;
        var random = new Random(3);
        var times = new double[Memories];
        for (var draw = 0; draw < draws; draw++)
        {
            var bias = Resampling.DrawnBias(P, random);
            for (var i = 0; i < Memories; i++)
                times[i] += Math.Exp(bias[i]);
        }

        var pooled = Attend(query, keys, values, [.. times.Select(t => Math.Log(t / draws))]);
        var expected = Attend(query, keys, values, Resampling.ExpectedBias(P));

        Assert.InRange((pooled - expected).abs().max().item<double>(), 0, 5e-3);
    }

    [Fact]
    public void Expected_bias_equals_the_mean_output_of_many_draws_when_memories_match_equally_well()
    {
        using var scope = NewDisposeScope();
        var (query, keys, values) = Attention();
        keys = Tokens(keys, 0).repeat(Memories, 1); // Each draw then has the same normaliser.
        const int draws = 4000;
        var random = new Random(5);
        var sum = zeros_like(query);
        for (var draw = 0; draw < draws; draw++)
        {
            using var inner = NewDisposeScope();
            sum.add_(Attend(query, keys, values, Resampling.DrawnBias(P, random)));
        }

        var expected = Attend(query, keys, values, Resampling.ExpectedBias(P));

        Assert.InRange((sum.div(draws) - expected).abs().max().item<double>(), 0, 3e-2);
    }

    [Fact]
    public void Drawn_bias_equals_attention_to_repeated_memories()
    {
        using var scope = NewDisposeScope();
        var (query, keys, values) = Attention();
        var bias = Resampling.DrawnBias(P, new Random(1));
        var indices = bias.SelectMany((b, i) => Enumerable.Repeat(i, (int)Math.Round(Math.Exp(b)))).ToArray();
        Assert.Equal(Memories, indices.Length);

        var repeatedKeys = cat([.. indices.Select(i => Tokens(keys, i))]);
        var repeatedValues = cat([.. indices.Select(i => Tokens(values, i))]);
        var repeated = query.matmul(repeatedKeys.transpose(0, 1)).softmax(-1).matmul(repeatedValues);

        Assert.InRange((repeated - Attend(query, keys, values, bias)).abs().max().item<double>(), 0, 1e-12);
    }

    [Fact]
    public void Same_seed_draws_the_same()
    {
        Assert.Equal(Resampling.DrawnBias(P, new Random(7)), Resampling.DrawnBias(P, new Random(7)));
    }

    [Fact]
    public void Equal_resemblance_leaves_attention_as_it_is()
    {
        Assert.All(Resampling.ExpectedBias(Resampling.Probabilities([0.3, 0.3, 0.3], 1)), b => Assert.Equal(0, b, 1e-12));
    }

    private static (Tensor Query, Tensor Keys, Tensor Values) Attention()
    {
        var generator = new Generator(11);
        return (Draw(5), Draw(Memories * TokensPerMemory), Draw(Memories * TokensPerMemory));

        Tensor Draw(long rows) => randn([rows, 4], dtype: ScalarType.Float64, generator: generator);
    }

    private static Tensor Tokens(Tensor all, int memory) => all.narrow(0, memory * TokensPerMemory, TokensPerMemory);

    private static Tensor Attend(Tensor query, Tensor keys, Tensor values, double[] bias)
    {
        var perKey = tensor(bias).repeat_interleave(TokensPerMemory);
        return query.matmul(keys.transpose(0, 1)).add(perKey).softmax(-1).matmul(values);
    }
}
