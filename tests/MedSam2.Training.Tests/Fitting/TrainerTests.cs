using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using MedSam2.Training.Losses;
using Xunit;

namespace MedSam2.Training.Tests.Fitting;

public class TrainerTests
{
    private static readonly RandomisedBatchOptions SmallBatches = new() { Size = 128, SlicesPerStep = 3, MaxObjects = 2, Lengths = [1, 3], Seed = 4 };
    private static readonly TrainerOptions FourSteps = new() { Steps = 4, WarmUp = 1, CheckpointEvery = 100, LearningRate = 1e-3, Seed = 9 };

    [Fact]
    public void The_same_seed_repeats_every_loss_and_every_weight_bit_for_bit()
    {
        var first = Train(FourSteps);
        var second = Train(FourSteps);

        Assert.Equal(first.Losses, second.Losses);
        Assert.Equal(first.Weights, second.Weights);
        Assert.NotEqual(first.Weights, Train(FourSteps with { Seed = 10 }).Weights);
    }

    [Fact]
    public void Two_replicas_learn_what_one_does_from_the_same_batches_and_repeat_it()
    {
        var options = FourSteps with { Steps = 2, Accumulate = 3, Loss = new LossWeights(Local: 1, Quarter: true) };
        var alone = Train(options, change: WithoutDropout);
        var shared = Train(options with { Replicas = 2 }, change: WithoutDropout);

        // The second step's gradient tells that the copy, too, went on from the first step's weights.
        // Gradients are summed in another order; AdamW's first step follows the sign of a gradient even where it is all rounding.
        Assert.Equal(alone.Losses[0], shared.Losses[0], alone.Losses[0] * 1e-4);
        Assert.Equal(alone.Losses[1], shared.Losses[1], alone.Losses[1] * 1e-2);
        var moved = alone.Weights.SelectMany(w => w.Value.Zip(shared.Weights[w.Key], (a, b) => Math.Abs(a - b))).ToList();
        Assert.InRange(moved.Count(difference => difference > 1e-5) / (double)moved.Count, 0, 0.01);
        Assert.Equal(shared.Weights, Train(options with { Replicas = 2 }, change: WithoutDropout).Weights);

        // Chance is drawn from one state, whichever thread comes first.
        static Sam2Configuration WithoutDropout(Sam2Configuration c)
        {
            var layer = c.MemoryAttention.Layer;
            return c with
            {
                MemoryAttention = c.MemoryAttention with
                {
                    Layer = layer with { Dropout = 0, SelfAttention = layer.SelfAttention with { Dropout = 0 }, CrossAttention = layer.CrossAttention with { Dropout = 0 } },
                },
            };
        }
    }

    [Fact]
    public void A_run_that_was_interrupted_ends_like_one_that_was_not()
    {
        var whole = Train(FourSteps);
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();

        Train(FourSteps, folder.Path, report => { if (report.Step == 1) stop.Cancel(); }, cancellationToken: stop.Token);
        var resumed = Train(FourSteps, folder.Path);

        Assert.Equal(whole.Losses[2..], resumed.Losses);
        Assert.Equal(whole.Weights, resumed.Weights);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_weights()
    {
        using var folder = new TemporaryFolder();
        Train(FourSteps with { Steps = 2 }, folder.Path);
        var good = Directory.GetFiles(folder.Path);

        var error = Assert.Throws<TrainingException>(() => Train(FourSteps with { Loss = new LossWeights(Focal: double.NaN) }, folder.Path));

        Assert.Contains("step 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(good, Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_frozen_encoder_stays_as_it_was_and_the_rest_learns()
    {
        using var model = FormulaModel.Create("toy");
        var before = Weights(model);
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer(model, new RandomisedBatches(SmallBatches, _ => 0), FourSteps with { Parts = TrainedParts.WithoutEncoder });

        var encoderLearns = new List<bool>();

        trainer.Run(
            folder.Path,
            _ =>
            {
                trainer.WithAverage(_ => 0); // a validation puts all into evaluation mode for a while
                encoderLearns.Add(model.ImageEncoder.training);
            },
            CancellationToken.None);

        Assert.All(encoderLearns, Assert.False);
        var after = Weights(model);
        Assert.All(before.Keys.Where(k => k.StartsWith("image_encoder.", StringComparison.Ordinal)), k => Assert.Equal(before[k], after[k]));
        Assert.NotEqual(before["sam_mask_decoder.iou_token.weight"], after["sam_mask_decoder.iou_token.weight"]);
        Assert.NotEqual(before["memory_encoder.out_proj.weight"], after["memory_encoder.out_proj.weight"]);
    }

    [Fact]
    public void Memory_learns_alone_and_masks_of_prompts_stay()
    {
        using var model = FormulaModel.Create("toy");
        var before = Weights(model);
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer(model, new RandomisedBatches(SmallBatches with { Lengths = [3] }, _ => 0), FourSteps with { Parts = TrainedParts.Memory });

        trainer.Run(folder.Path, _ => { }, CancellationToken.None);

        var after = Weights(model);
        var learnt = before.Keys.Where(k => !before[k].SequenceEqual(after[k])).ToHashSet();
        Assert.Contains("memory_encoder.out_proj.weight", learnt);
        Assert.Contains("memory_attention.norm.weight", learnt);
        Assert.Contains(learnt, k => k.StartsWith("obj_ptr_proj.", StringComparison.Ordinal));
        Assert.Contains(learnt, k => k.StartsWith("sam_mask_decoder.pred_obj_score_head.", StringComparison.Ordinal));
        Assert.DoesNotContain(learnt, k => k is "no_mem_embed" || k.StartsWith("image_encoder.", StringComparison.Ordinal) || k.StartsWith("sam_prompt_encoder.", StringComparison.Ordinal));
        Assert.DoesNotContain(learnt, k => k.StartsWith("sam_mask_decoder.", StringComparison.Ordinal) && !k.StartsWith("sam_mask_decoder.pred_obj_score_head.", StringComparison.Ordinal));
    }

    [Fact]
    public void All_but_the_memory_learns_while_the_memory_is_in_use()
    {
        using var model = FormulaModel.Create("toy");
        var before = Weights(model);
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer(model, new RandomisedBatches(SmallBatches with { Lengths = [3] }, _ => 0), FourSteps with { Parts = TrainedParts.WithoutMemory });

        trainer.Run(folder.Path, _ => { }, CancellationToken.None);

        var after = Weights(model);
        var learnt = before.Keys.Where(k => !before[k].SequenceEqual(after[k])).ToHashSet();
        Assert.Contains(learnt, k => k.StartsWith("image_encoder.trunk.", StringComparison.Ordinal));
        Assert.Contains("sam_mask_decoder.iou_token.weight", learnt);
        Assert.DoesNotContain(learnt, k => k.StartsWith("memory_", StringComparison.Ordinal) || k.StartsWith("maskmem_", StringComparison.Ordinal) || k.StartsWith("obj_ptr_", StringComparison.Ordinal));
        Assert.DoesNotContain(learnt, k => k.StartsWith("sam_mask_decoder.pred_obj_score_head.", StringComparison.Ordinal));
    }

    [Fact]
    public void Clicks_where_tracking_was_wrong_are_part_of_the_lesson_and_repeat()
    {
        var options = FourSteps with { Prompts = new() { Click = 0, Box = 1, CorrectTracked = 1 } };
        var corrected = Train(options);

        Assert.Equal(corrected.Weights, Train(options).Weights);
        Assert.NotEqual(corrected.Losses, Train(options with { Prompts = options.Prompts with { CorrectTracked = 0 } }).Losses);
    }

    [Fact]
    public void What_sequences_remember_is_part_of_the_lesson()
    {
        var remembered = Train(FourSteps).Losses;

        Assert.NotEqual(remembered, Train(FourSteps with { Tracking = new() { ConfidenceThreshold = 1 } }).Losses);
        Assert.NotEqual(remembered, Train(FourSteps with { Tracking = TrackingOptions.Sam2 }).Losses);
    }

    [Fact]
    public void Learning_rate_rises_then_falls_as_a_cosine()
    {
        var options = new TrainerOptions { Steps = 110, WarmUp = 10, LearningRate = 1, FinalShare = 0.1 };

        Assert.Equal(0.1, options.LearningRateAt(0), 1e-12);
        Assert.Equal(1, options.LearningRateAt(9), 1e-12);
        Assert.Equal(0.55, options.LearningRateAt(60), 1e-12);
        Assert.Equal(0.1, options.LearningRateAt(110), 1e-12);
    }

    private static (List<double> Losses, Dictionary<string, float[]> Weights) Train(
        TrainerOptions options, string? folder = null, Action<StepReport>? report = null, Func<Sam2Configuration, Sam2Configuration>? change = null, CancellationToken cancellationToken = default)
    {
        using var own = new TemporaryFolder();
        using var model = FormulaModel.Create("toy", change);
        using var trainer = new Trainer(model, new RandomisedBatches(SmallBatches, _ => 0.5), options);
        if (folder is not null)
            trainer.Resume(folder);
        var losses = new List<double>();
        trainer.Run(
            folder ?? own.Path,
            r =>
            {
                losses.Add(r.GradientNorm);
                report?.Invoke(r);
            },
            cancellationToken);
        return (losses, Weights(model));
    }

    private static Dictionary<string, float[]> Weights(Sam2Model model) =>
        model.named_parameters().ToDictionary(p => p.name, p => p.parameter.data<float>().ToArray());
}
