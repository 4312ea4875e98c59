using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Fitting;
using MedSam2.Training.Fitting.Frozen;
using Xunit;

namespace MedSam2.Training.Tests.Fitting;

public class FrozenEncoderTests
{
    private static readonly TrainerOptions SixSteps = new() { Steps = 6, WarmUp = 1, CheckpointEvery = 100, LearningRate = 1e-3, Parts = TrainedParts.WithoutEncoder };

    [Fact]
    public void Kept_features_change_nothing_but_the_work()
    {
        var (allInMemory, once) = Train(new() { DiskBytes = 0 });
        var (mostOnDisk, twice) = Train(new() { MemoryBytes = 1 });
        var (nowhere, again) = Train(new() { MemoryBytes = 1, DiskBytes = 0 });

        Assert.Equal(allInMemory, mostOnDisk);
        Assert.Equal(allInMemory, nowhere);
        Assert.Equal(once, twice);
        Assert.True(again > once, $"{again} slices were encoded without room, {once} with it");
    }

    [Fact]
    public void The_encoder_and_what_makes_its_features_stay_and_the_rest_learns()
    {
        using var fresh = FormulaModel.Create("toy");
        var before = Weights(fresh);

        var (after, _) = Train(new());

        var changed = after.Where(w => !w.Value.SequenceEqual(before[w.Key])).Select(w => w.Key).ToHashSet();
        Assert.DoesNotContain(changed, name => name.StartsWith("image_encoder.", StringComparison.Ordinal) || name.StartsWith("sam_mask_decoder.conv_s", StringComparison.Ordinal));
        Assert.Contains("sam_mask_decoder.iou_token.weight", changed);
        Assert.Contains("memory_encoder.out_proj.weight", changed);
    }

    [Fact]
    public void Files_of_features_stay_within_their_bound_and_go_at_the_end()
    {
        using var folder = new TemporaryFolder();
        using var model = FormulaModel.Create("toy");
        var batches = Batches();
        long slice;
        using (var all = new FeatureStore(model, new() { Folder = folder.Path }))
        {
            using var batch = batches.Create(0, CancellationToken.None);
            using (all.Gather(batch))
                slice = all.ByteCount / all.EncodedCount;
        }

        using (var store = new FeatureStore(model, new() { MemoryBytes = slice, DiskBytes = 3 * slice, Folder = folder.Path }))
        {
            for (var step = 0; step < 8; step++)
            {
                using var batch = batches.Create(step, CancellationToken.None);
                store.Gather(batch).Dispose();
                Assert.InRange(store.ByteCount, 1, slice);
                Assert.InRange(store.DiskByteCount, 0, 3 * slice);
            }

            Assert.Single(Directory.GetFiles(folder.Path));
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Features_of_an_encoder_that_learns_are_not_kept()
    {
        using var model = FormulaModel.Create("toy");
        using var store = new FeatureStore(model, new() { DiskBytes = 0 });

        Assert.Throws<ArgumentException>(() => new Trainer(model, Batches(), SixSteps with { Parts = TrainedParts.All }, store));
    }

    private static LabelledBatches Batches() =>
        new(LabelledVolumes.Sources(2), 128, new() { SlicesPerBatch = 3, MaxObjects = 2, Lengths = [1, 3], Variants = 2, Seed = 2 });

    private static (Dictionary<string, float[]> Weights, int Encoded) Train(FeatureStoreOptions keeping)
    {
        using var folder = new TemporaryFolder();
        using var model = FormulaModel.Create("toy");
        using var store = new FeatureStore(model, keeping with { Folder = folder.Path });
        using var trainer = new Trainer(model, Batches(), SixSteps, store);
        trainer.Run(folder.Path, _ => { }, CancellationToken.None);
        return (Weights(model), store.EncodedCount);
    }

    private static Dictionary<string, float[]> Weights(Sam2Model model) =>
        model.named_parameters().ToDictionary(p => p.name, p => p.parameter.data<float>().ToArray());
}
