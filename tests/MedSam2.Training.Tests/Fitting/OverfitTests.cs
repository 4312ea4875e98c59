using MedSam2.Network;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using Xunit;

namespace MedSam2.Training.Tests.Fitting;

public class OverfitTests
{
    [Fact]
    public void A_tiny_set_is_learnt_by_heart()
    {
        using var model = new Sam2Model(Sam2ConfigurationReader.Read(Path.Combine(RepositoryPaths.NanoModel, "config.yaml")));
        using (var weights = Checkpoint.Open(Path.Combine(RepositoryPaths.NanoModel, "medsam2-nano.safetensors")))
            StateDict.LoadStrict(model, weights);
        var options = new TrainerOptions
        {
            Steps = 60,
            WarmUp = 5,
            LearningRate = 1e-3,
            WeightDecay = 0,
            CheckpointEvery = 1000,
            Seed = 2,
            Loss = new(Focal: 5, Dice: 5),
            Prompts = new() { Click = 0, Box = 1, BoxJitter = 0, MaxCorrections = 0 },
        };
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer(model, new SameBatch(), options);
        var ious = new List<double>();

        trainer.Run(folder.Path, r => ious.Add(r.Loss.PromptedIou), CancellationToken.None);

        var dice = 2 * ious[^1] / (1 + ious[^1]);
        Assert.True(dice > 0.95, $"Dice {dice:F3}; IoU by step: {string.Join(" ", ious.Select(i => i.ToString("F2")))}");
    }

    private sealed class SameBatch : IBatchSource
    {
        private readonly RandomisedBatches batches = new(new() { Size = 256, SlicesPerStep = 2, MaxObjects = 1, Lengths = [1], Seed = 3 }, _ => 0.3);

        public TrainingBatch Create(int step, CancellationToken cancellationToken) => batches.Create(0, cancellationToken);
    }
}
