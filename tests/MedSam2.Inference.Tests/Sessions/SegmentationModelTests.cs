using MedSam2.Imaging.Masks;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

public sealed class SegmentationModelTests(NanoModel nano) : IClassFixture<NanoModel>
{
    [Fact]
    public void Model_knows_its_name_and_weights()
    {
        using var model = SegmentationModel.Load(RepositoryPaths.NanoModel);

        Assert.Equal("medsam2-nano", model.Name);
        Assert.Equal(64, model.Sha256.Length);
        Assert.Equal(ModelPrecision.Float32, model.Precision);
        Assert.Equal("cpu", model.Device);
        Assert.Equal(256, model.Configuration.ImageSize);
        Assert.True(model.Configuration.BinarizeMaskFromPtsForMemEnc);
    }

    [Fact]
    public void Missing_model_is_named()
    {
        var error = Assert.Throws<CheckpointException>(() => SegmentationModel.Load("/no/such/model"));

        Assert.Contains("/no/such/model", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tpu")]
    [InlineData("cuda:99")]
    [InlineData("")]
    public void Device_that_is_not_there_is_named(string device)
    {
        var error = Assert.Throws<DeviceException>(() => SegmentationModel.Load(RepositoryPaths.NanoModel, device));

        Assert.Contains($"'{device}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Float16_answers_a_prompt_nearly_as_float32_does()
    {
        using var half = SegmentationModel.Load(RepositoryPaths.NanoModel, precision: ModelPrecision.Float16);
        Assert.Equal(ModelPrecision.Float16, half.Precision);

        Assert.InRange(Overlap.Dice(Click(half), Click(nano.Model)), 0.9, 1);

        static Mask Click(SegmentationModel model)
        {
            using var session = new VolumeSession(model, BallVolume.Create());
            return session.Prompt(1, BallVolume.Box(BallVolume.FirstBall)).Mask;
        }
    }

    [Fact]
    public void Half_precision_gives_nearly_the_same_masks()
    {
        using var half = SegmentationModel.Load(RepositoryPaths.NanoModel, precision: ModelPrecision.BFloat16);
        Assert.Equal(ModelPrecision.BFloat16, half.Precision);
        var expected = Track(nano.Model);

        foreach (var (mask, reference) in Track(half).Zip(expected).Where(p => p.Second.Count() > 50))
            Assert.InRange(Overlap.Dice(mask, reference), 0.9, 1);
    }

    private static Mask[] Track(SegmentationModel model)
    {
        using var session = new VolumeSession(model, BallVolume.Create());
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        return [.. session.Propagate([1], PropagationRange.Whole).Select(m => m.Mask)];
    }
}
