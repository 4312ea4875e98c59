using MedSam2.Inference;
using MedSam2.TestSupport;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;
using Xunit;

namespace MedSam2.Training.Tests.FineTuning;

public class ModelScoreTests
{
    [Fact]
    public void Each_structure_is_clicked_and_corrected_and_every_pass_has_its_turn_on_the_device()
    {
        using var folder = new TemporaryFolder();
        LabelledVolumes.SaveToy(folder.File("toy"));
        using var model = SegmentationModel.Load(folder.File("toy"));
        var device = new CountingDevice();

        var score = ModelScore.Measure(model, [.. LabelledVolumes.Sources(2)], structures: 1, device, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((2, 2), (score.Structures, score.Images));
        Assert.InRange(score.AfterPrompt, 0, 1);
        Assert.InRange(score.AfterClicks, 0, 1);
        // Four clicks on the slice, and four through the six slices of each volume, a turn each at least.
        Assert.True(device.Turns >= 2 * (4 + (4 * 6)), $"{device.Turns} turns");
        Assert.Equal(score, ModelScore.Measure(model, [.. LabelledVolumes.Sources(2)], structures: 1, cancellation: TestContext.Current.CancellationToken));
    }

    private sealed class CountingDevice : IDeviceTurns
    {
        public int Turns { get; private set; }

        public T Run<T>(Func<T> step)
        {
            Turns++;
            return step();
        }
    }
}
