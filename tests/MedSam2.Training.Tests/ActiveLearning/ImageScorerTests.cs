using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.TestSupport;
using MedSam2.Training.ActiveLearning;
using MedSam2.Training.Fitting;
using Xunit;

namespace MedSam2.Training.Tests.ActiveLearning;

public sealed class ImageScorerTests : IDisposable
{
    private readonly SegmentationModel model = SegmentationModel.Load(RepositoryPaths.NanoModel);

    public void Dispose() => model.Dispose();

    [Fact]
    public void A_score_repeats_and_lies_in_its_range()
    {
        var volume = LabelledVolumes.Create(3).Volume;

        var score = ImageScorer.Score(model, volume, cancellation: TestContext.Current.CancellationToken);
        var again = ImageScorer.Score(model, volume, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((score.PredictedIou, score.Entropy, score.Disagreement), (again.PredictedIou, again.Entropy, again.Disagreement));
        Assert.Equal(score.Embedding, again.Embedding);
        Assert.All([score.PredictedIou, score.Entropy, score.Disagreement, score.Uncertainty], value => Assert.InRange(value, 0, 1));
        Assert.InRange(score.Objects, 0, 3);
        Assert.Equal(1, score.Embedding.Sum(v => v * (double)v), 1e-4);
    }

    [Fact]
    public void Planes_that_see_the_same_ball_agree_more_than_planes_of_shuffled_slices()
    {
        var (ball, shuffled) = (Ball(k => k), Ball(k => (k * 7) % 24));

        var (calm, torn) = (Score(ball), Score(shuffled));

        // The middle slice is one and the same.
        Assert.Equal((calm.PredictedIou, calm.Entropy, calm.Objects), (torn.PredictedIou, torn.Entropy, torn.Objects));
        Assert.InRange(calm.Disagreement, 1e-6, torn.Disagreement - 0.1);

        ImageScore Score(Volume volume) => ImageScorer.Score(model, volume, cancellation: TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_score_takes_no_more_turns_of_the_device_for_a_larger_image(int reach)
    {
        var turns = new Turns();

        ImageScorer.Score(model, LabelledVolumes.Create(3, size: 48, slices: 60).Volume, new() { Reach = reach }, turns, TestContext.Current.CancellationToken);

        // Three embedded slices and 16 clicks; each of three objects once more, then along three planes, and where the fusion changed a slice.
        Assert.InRange(turns.Count, 19, 3 + 16 + (3 * (2 + (4 * ((2 * reach) + 1)))));
    }

    [Fact]
    public void A_reach_that_cannot_be_is_refused() =>
        Assert.Contains("1 to 100", Assert.Throws<ArgumentException>(() => ImageScorer.Score(model, LabelledVolumes.Create(3).Volume, new() { Reach = 0 })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_blurred_edge_is_less_decided_than_a_sharp_one()
    {
        float[] edge = [-4, -3, -2, -1, -0.5f, 0.5f, 1, 2, 3, 4];
        float[] sharp = [.. edge.Select(logit => 8 * logit)];

        Assert.InRange(MaskEntropy.Of(sharp), 0, 0.2);
        Assert.InRange(MaskEntropy.Of(edge), 0.5, 1);
        Assert.Equal((1, 1), (MaskEntropy.Of([0, 0]), MaskEntropy.Of([-9, -9])));
    }

    [Fact]
    public void Like_images_lie_near_each_other_and_unlike_ones_apart()
    {
        var (one, alike) = (Embedding(LabelledVolumes.Create(3).Volume), Embedding(LabelledVolumes.Create(4).Volume));
        var geometry = new VolumeGeometry(40, 40, 6, Affine.Identity);
        var other = Embedding(new Volume(geometry, new Float32Voxels([.. Enumerable.Range(0, (int)geometry.VoxelCount).Select(n => (n % 4 < 2) ? 255f : 0f)]), window: new IntensityWindow(0, 255)));

        Assert.True(Cosine(one, alike) > Cosine(one, other), $"{Cosine(one, alike):F4} and {Cosine(one, other):F4}");
    }

    [Fact]
    public void An_image_of_nothing_but_air_is_as_uncertain_as_can_be()
    {
        var geometry = new VolumeGeometry(20, 20, 1, Affine.Identity);

        var score = ImageScorer.Score(model, new Volume(geometry, new Float32Voxels(new float[400]), window: new IntensityWindow(0, 255)));

        Assert.Equal((0, 1.0), (score.Objects, score.Uncertainty));
    }

    private IReadOnlyList<float> Embedding(Volume volume) => ImageScorer.Score(model, volume).Embedding;

    /// <summary>A bright ball in the middle of a cube of air, whose slices may be stacked in another order.</summary>
    private static Volume Ball(Func<int, int> slice)
    {
        const int Size = 24;
        var geometry = new VolumeGeometry(Size, Size, Size, Affine.Identity);
        var values = new float[geometry.VoxelCount];
        for (var k = 0; k < Size; k++)
        {
            for (var j = 0; j < Size; j++)
            {
                for (var i = 0; i < Size; i++)
                    values[geometry.Offset(i, j, slice(k))] = Math.Pow(i - 12, 2) + Math.Pow(j - 12, 2) + Math.Pow(k - 12, 2) < 49 ? 200 : 0;
            }
        }

        return new Volume(geometry, new Float32Voxels(values), window: new IntensityWindow(0, 255));
    }

    private static double Cosine(IReadOnlyList<float> a, IReadOnlyList<float> b) => a.Zip(b, (x, y) => x * (double)y).Sum();

    private sealed class Turns : IDeviceTurns
    {
        public int Count { get; private set; }

        public T Run<T>(Func<T> step)
        {
            Count++;
            return step();
        }
    }
}
