using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.TestSupport;
using MedSam2.Training.ActiveLearning;
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

    private static double Cosine(IReadOnlyList<float> a, IReadOnlyList<float> b) => a.Zip(b, (x, y) => x * (double)y).Sum();
}
