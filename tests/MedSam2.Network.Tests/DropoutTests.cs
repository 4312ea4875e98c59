using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests;

/// <summary>Alone: torch's generator, which masks begin from, is one for the whole process.</summary>
[Collection(nameof(DropoutTests))]
[CollectionDefinition(nameof(DropoutTests), DisableParallelization = true)]
public class DropoutTests
{
    [Theory]
    [InlineData(0.1, 1_000_000)]
    [InlineData(0.5, 100_003)] // not a whole number of vectors
    public void The_share_is_dropped_and_the_mean_stays(double share, int count)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var values = Dropout.Apply(ones(count), share).data<float>().ToArray();

        Assert.Equal([0, (float)(1 / (1 - share))], values.Distinct().Order());
        var dropped = values.Count(v => v == 0);
        var deviation = Math.Sqrt(count * share * (1 - share));
        Assert.InRange(dropped, (count * share) - (5 * deviation), (count * share) + (5 * deviation));
        // Neighbours, and those that one generator draws one after the other, know nothing of each other.
        foreach (var distance in (int[])[1, 8])
        {
            var together = Enumerable.Range(0, count - distance).Count(n => values[n] == 0 && values[n + distance] == 0);
            Assert.InRange(together / (count * share * share), 0.95, 1.05);
        }
    }

    [Fact]
    public void A_seed_gives_its_masks_and_each_call_another()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
        Assert.Equal(2, Draw(5).Chunk(64).Select(mask => string.Join(' ', mask)).Distinct().Count());

        static float[] Draw(long seed)
        {
            manual_seed(seed);
            return [.. Dropout.Apply(ones(64), 0.5).data<float>(), .. Dropout.Apply(ones(64), 0.5).data<float>()];
        }
    }

    [Fact]
    public void What_is_dropped_has_no_gradient_and_what_is_kept_is_scaled()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 33).requires_grad_();
        var y = Dropout.Apply(x, 0.25);
        y.sum().backward();

        GoldenFile.AssertClose(y.detach(), x.detach() * x.grad!, 1e-6, 0);
        Assert.Contains(0f, x.grad!.data<float>());
    }

    [Fact]
    public void Attention_drops_its_weights_and_not_its_values()
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (randn(2, 1, 20, 16), randn(2, 1, 70, 16), randn(2, 1, 70, 16));
        var bias = randn(2, 1, 1, 70);
        manual_seed(9);
        var actual = ScaledDotProduct.Attend(q, k, v, bias, 0.3);

        manual_seed(9);
        var weights = Dropout.Apply((((q / 4).matmul(k.transpose(-2, -1))) + bias).softmax(-1), 0.3);
        GoldenFile.AssertClose(weights.matmul(v), actual, 1e-5, 0);
        Assert.Contains(0f, weights.data<float>());
    }
}
