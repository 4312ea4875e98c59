using MedSam2.Training.Synthetic.Randomised;
using Xunit;

namespace MedSam2.Training.Tests;

public class RandomisedVolumeTests
{
    private static readonly RandomisedVolumeOptions Small = new() { Size = 64, Slices = 5 };

    [Fact]
    public void Same_seed_gives_the_same_volume_and_another_seed_another()
    {
        var first = RandomisedVolumeGenerator.Create(11, Small);
        var again = RandomisedVolumeGenerator.Create(11, Small);
        var other = RandomisedVolumeGenerator.Create(12, Small);

        Assert.Equal(first.Image, again.Image);
        Assert.Equal(first.Labels, again.Labels);
        Assert.NotEqual(first.Image, other.Image);
    }

    [Fact]
    public void Every_object_is_visible_and_every_value_is_in_range()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var volume = RandomisedVolumeGenerator.Create(seed, Small);

            Assert.All(volume.Image, v => Assert.InRange(v, 0f, 1f));
            Assert.Equal(Enumerable.Range(1, volume.Objects), volume.Labels.Where(l => l > 0).Distinct().Order().Select(l => (int)l));
        }
    }

    [Fact]
    public void Easy_volumes_have_objects_that_stand_out()
    {
        var contrasts = new List<double>();
        for (var seed = 0; seed < 20; seed++)
        {
            var volume = RandomisedVolumeGenerator.Create(seed, Small with { Difficulty = 0, MaxObjects = 1 });
            contrasts.Add(Math.Abs(Mean(volume, 1) - MeanAround(volume)));
        }

        Assert.True(contrasts.Average() > 0.2, $"Mean contrast is {contrasts.Average():F3}.");
    }

    private static double Mean(RandomisedVolume volume, byte label) =>
        volume.Image.Where((_, n) => volume.Labels[n] == label).Average();

    private static double MeanAround(RandomisedVolume volume)
    {
        var values = new List<float>();
        for (var n = 3; n < volume.Labels.Length - 3; n++)
        {
            if (volume.Labels[n] == 0 && (volume.Labels[n - 3] != 0 || volume.Labels[n + 3] != 0))
                values.Add(volume.Image[n]);
        }

        return values.Average();
    }
}
