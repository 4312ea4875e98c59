using MedSam2.Inference.Preprocessing;
using MedSam2.Training.Data.Augmentation;
using Xunit;

namespace MedSam2.Training.Tests.Data;

/// <summary>Grey values as another coil or scanner would have shown them; what is where does not change.</summary>
public class IntensityChangeTests
{
    private const int Size = 48;
    private const int Slices = 5;
    private const double Strength = 0.3;

    private static readonly AugmentationOptions Bias = AugmentationOptions.None with { Bias = Strength };
    private static readonly AugmentationOptions Noise = AugmentationOptions.None with { Noise = Strength / 3 };

    [Fact]
    public void Nothing_is_changed_where_nothing_is_asked_for() => Assert.Equal(Flat(), Change(AugmentationOptions.None, seed: 1));

    [Fact]
    public void A_bias_field_shades_the_image_smoothly_in_the_slice_and_from_slice_to_slice()
    {
        var strongest = 0.0;
        for (var seed = 0; seed < 20; seed++)
        {
            var changed = Change(Bias, seed);
            var (least, most) = (changed.Min() / 0.5, changed.Max() / 0.5);
            Assert.InRange(most - least, 0.02, 4 * Strength);
            Assert.InRange(least, 1 - (2 * Strength), 1); // the field is 1 in the middle of the volume
            Assert.InRange(most, 1, 1 + (2 * Strength));
            Assert.All(Steps(changed), step => Assert.InRange(step, 0, 8 * Strength / Size)); // no noise
            Assert.NotEqual(changed, Change(Bias, seed, slice: 4));
            strongest = Math.Max(strongest, Math.Max(most - 1, 1 - least));
        }

        Assert.InRange(strongest, Strength / 2, 2 * Strength);
    }

    [Fact]
    public void Noise_is_drawn_anew_for_each_pixel_and_slice_around_what_was_there()
    {
        List<double> deviations = [];
        for (var seed = 0; seed < 40; seed++)
        {
            var changed = Change(Noise, seed);
            var mean = changed.Average(v => (double)v);
            deviations.Add(Math.Sqrt(changed.Average(v => (v - mean) * (v - mean))));
            Assert.Equal(0.5, mean, 0.01);
            Assert.NotEqual(changed, Change(Noise, seed, slice: 3));
            Assert.Equal(deviations[^1] * Math.Sqrt(2), Math.Sqrt(Steps(changed).Average(step => step * step)), 0.1 * deviations[^1]); // neighbours have nothing in common
        }

        // Strengths are drawn from none to the largest.
        Assert.InRange(deviations.Max(), 0.8 * Noise.Noise, 1.05 * Noise.Noise);
        Assert.Equal(Noise.Noise / 2, deviations.Average(), Noise.Noise / 6);
    }

    [Fact]
    public void The_same_seed_gives_the_same_change_and_another_one_another()
    {
        foreach (var options in new[] { Bias, Noise })
        {
            Assert.Equal(Change(options, seed: 7), Change(options, seed: 7));
            Assert.NotEqual(Change(options, seed: 7), Change(options, seed: 8));
        }
    }

    [Fact]
    public void Noise_of_two_seeds_has_nothing_in_common()
    {
        var (a, b) = (Change(Noise, seed: 7).Select(v => v - 0.5).ToArray(), Change(Noise, seed: 8).Select(v => v - 0.5).ToArray());

        var cosine = a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));

        Assert.InRange(cosine, -0.1, 0.1); // five standard errors
    }

    [Fact]
    public void Labels_stay_as_they_are()
    {
        var random = new Random(2);
        byte[] mask = [.. Enumerable.Range(0, Size * Size).Select(_ => (byte)random.Next(2))];

        Assert.Equal(mask, Draw(Bias with { Noise = Strength, Gamma = 0.5, Contrast = 0.5, Brightness = 0.3 }, seed: 7).ApplyToMask([.. mask], Size));
    }

    private static float[] Change(AugmentationOptions options, int seed, int slice = 2) => Draw(options, seed).ApplyToImage(Flat(), Size, slice, Slices);

    private static Change Draw(AugmentationOptions options, int seed) =>
        Training.Data.Augmentation.Change.Draw(options, SlicePlacement.Stretch(Size, Size, Size), mayMirror: true, seed);

    private static float[] Flat() => [.. Enumerable.Repeat(0.5f, Size * Size)];

    /// <summary>Differences of neighbours along rows.</summary>
    private static IEnumerable<double> Steps(float[] grey) =>
        Enumerable.Range(0, grey.Length - 1).Where(n => n % Size != Size - 1).Select(n => Math.Abs((double)grey[n + 1] - grey[n]));
}
