using MedSam2.Imaging.Masks;
using Xunit;

namespace MedSam2.Imaging.Tests;

public class DistanceTransformTests
{
    [Theory]
    [InlineData(9, 7, 5, 1.0, 1.0, 1.0)]
    [InlineData(6, 11, 4, 0.7, 1.3, 5.0)]
    [InlineData(1, 1, 8, 1.0, 1.0, 2.5)]
    public void Distances_equal_those_by_comparing_every_pair(int sx, int sy, int sz, double mx, double my, double mz)
    {
        var random = new Random(3);
        var sources = new byte[sx * sy * sz];
        for (var n = 0; n < sources.Length; n++)
            sources[n] = random.NextDouble() < 0.08 ? (byte)1 : (byte)0;
        sources[random.Next(sources.Length)] = 1;

        var squared = DistanceTransform.Squared(sources, (sx, sy, sz), (mx, my, mz));

        for (var n = 0; n < sources.Length; n++)
        {
            var nearest = double.MaxValue;
            for (var m = 0; m < sources.Length; m++)
            {
                if (sources[m] == 0)
                    continue;
                double x = ((n % sx) - (m % sx)) * mx, y = ((n / sx % sy) - (m / sx % sy)) * my, z = ((n / sx / sy) - (m / sx / sy)) * mz;
                nearest = Math.Min(nearest, (x * x) + (y * y) + (z * z));
            }

            Assert.Equal(nearest, squared[n], 1e-4);
        }
    }

    [Fact]
    public void Without_a_source_everything_is_infinitely_far()
    {
        Assert.All(DistanceTransform.Squared(new byte[24], (2, 3, 4), (1, 1, 1)), d => Assert.Equal(float.PositiveInfinity, d));
    }
}
