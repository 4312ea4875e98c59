using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Training.Losses;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Training.Fitting;

/// <summary>How a sequence is prompted in training.</summary>
public sealed record PromptPlan
{
    /// <summary>Chance that the first prompt is one click.</summary>
    public double Click { get; init; } = 0.5;

    /// <summary>Chance that it is a box; what is left is a mask.</summary>
    public double Box { get; init; } = 0.35;

    /// <summary>Sides of a box move by up to this share of its size.</summary>
    public double BoxJitter { get; init; } = 0.1;

    /// <summary>Single images answer a box and a click, each with its corrections: two lessons for one encoding.</summary>
    public bool BoxAndClick { get; init; }

    /// <summary>Corrective clicks after the first prompt, at most.</summary>
    public int MaxCorrections { get; init; } = 2;

    /// <summary>Chance that a slice which was tracked is corrected by a click where it is wrong, and remembered as prompted from then on.</summary>
    public double CorrectTracked { get; init; }
}

/// <summary>The training forward: prompt, corrections, then tracking through the sequence with the memory bank; the loss of every answer.</summary>
public sealed class SequenceForward(Sam2Model model, LossWeights weights, PromptPlan plan, TrackingOptions tracking, Frozen.FeatureStore? frozen = null)
{
    /// <summary>The mean loss over all answers; one scalar each, in the caller's dispose scope.</summary>
    /// <param name="batch">The slices and objects, on any device.</param>
    /// <param name="random">Draws prompts and corrections.</param>
    public SequenceLoss Run(Data.TrainingBatch batch, Random random)
    {
        using var scope = NewDisposeScope();
        var (sequences, slices) = ((int)batch.Images.size(0), batch.Slices);
        var size = model.Configuration.ImageSize;
        var features = frozen is not null && batch.Keys is not null ? frozen.Gather(batch) : model.EncodeImage(batch.Images.view(sequences * slices, 3, size, size));
        var truth = batch.Masks.to(model.Device).to(ScalarType.Float32); // N,T,S,S
        var answers = new List<SliceLoss>();
        var trackedIou = new List<double>();
        var drawn = tracking.Resampling == MemoryResampling.Stochastic ? tracking with { Seed = random.NextInt64() } : tracking;
        using var memory = new SequenceMemory(model, drawn, slices);
        double promptedIou = 0;
        for (var t = 0; t < slices; t++)
        {
            var of = Select(features, [.. batch.Sequence.Select(s => (s * slices) + t)]);
            var target = truth.narrow(1, t, 1); // N,1,S,S
            var origin = t == 0 ? SliceOrigin.Prompted : SliceOrigin.Tracked;
            SamOutput output;
            if (t == 0)
            {
                output = Prompted(of, target, random, answers, single: slices == 1);
                promptedIou = MeanIou(output, target);
            }
            else
            {
                var conditioned = model.ConditionOnMemory(of, memory.At(t, of));
                output = model.ForwardSamHeads(of, conditioned, SamPrompt.None, model.UseMultimask(false, 0));
                answers.Add(LossOf(output, AtLossResolution(target)));
                trackedIou.Add(MeanIou(output, target));
                if (plan.CorrectTracked > 0 && random.NextDouble() < plan.CorrectTracked && Corrected(of, conditioned, output, target, random, answers) is { } corrected)
                    (output, origin) = (corrected, SliceOrigin.Corrected);
            }

            if (t + 1 < slices)
                memory.Add(t, of, output, model.EncodeMemory(of, output.HighResMasks, output.ObjectScoreLogits, isMaskFromPoints: origin != SliceOrigin.Tracked), origin);
        }

        return SequenceLoss.Mean(answers, promptedIou, trackedIou.Count > 0 ? trackedIou.Average() : double.NaN).MoveToOuterDisposeScope();
    }

    private SamOutput Prompted(ImageFeatures features, Tensor target, Random random, List<SliceLoss> answers, bool single)
    {
        var conditioned = model.ConditionWithoutMemory(features);
        var kind = random.NextDouble();
        if (kind >= plan.Click + plan.Box && !single)
            return model.UseMaskAsOutput(features, conditioned, target); // nothing to learn on this slice but its memory

        var compared = AtLossResolution(target);
        if (single && plan.BoxAndClick)
            Converse(click: true);
        return Converse(!(single && plan.BoxAndClick) && kind < plan.Click / (single ? plan.Click + plan.Box : 1));

        SamOutput Converse(bool click)
        {
            var prompts = new BatchPrompts(target);
            if (click)
                prompts.AddClicks(random);
            else
                prompts.AddBoxes(random, plan.BoxJitter);
            var output = Answer(prompts, null);
            for (var corrections = random.Next(plan.MaxCorrections + 1); corrections > 0; corrections--)
            {
                prompts.AddCorrections(output.HighResMasks, random);
                output = Answer(prompts, output.LowResMasks.detach().clamp(-32, 32));
            }

            return output;
        }

        SamOutput Answer(BatchPrompts prompts, Tensor? previous)
        {
            var prompt = prompts.ToPrompt(model.Device) with { MaskInputs = previous };
            var answer = model.ForwardSamHeads(features, conditioned, prompt, model.UseMultimask(true, prompts.PointCount));
            answers.Add(LossOf(answer, compared));
            return answer;
        }
    }

    /// <summary>The answer to a click on a slice that was tracked, as the tracker asks: in the light of memory, from the mask that a person sees.</summary>
    /// <returns>Null where nothing is wrong with any object.</returns>
    private SamOutput? Corrected(ImageFeatures features, Tensor conditioned, SamOutput tracked, Tensor target, Random random, List<SliceLoss> answers)
    {
        var prompts = new BatchPrompts(target);
        prompts.AddCorrections(tracked.HighResMasks, random);
        if (prompts.PointCount == 0)
            return null;
        var seen = tracked.HighResMasks.detach().gt(0).to(ScalarType.Float32);
        var prompt = prompts.ToPrompt(model.Device) with { MaskInputs = Sam2Model.LogitsOfMask(seen) };
        var answer = model.ForwardSamHeads(features, conditioned, prompt, model.UseMultimask(false, prompts.PointCount));
        answers.Add(LossOf(answer, AtLossResolution(target)));
        return answer;
    }

    /// <summary>The truth as masks are compared with it: <c>[N,1,S,S]</c>, or <c>[N,1,S/4,S/4]</c> with shares.</summary>
    private Tensor AtLossResolution(Tensor target) => weights.Quarter ? avg_pool2d(target, 4) : target;

    private SliceLoss LossOf(SamOutput output, Tensor target)
    {
        var logits = output.LowResMultimasks.size(2) == target.size(2)
            ? output.LowResMultimasks
            : interpolate(output.LowResMultimasks, [target.size(2), target.size(3)], mode: InterpolationMode.Bilinear, align_corners: false);
        return SliceLoss.Compute(logits, target, output.Ious, output.ObjectScoreLogits, weights);
    }

    private static double MeanIou(SamOutput output, Tensor target)
    {
        using var noGradient = no_grad();
        using var iou = MaskLosses.MeasureIou(output.HighResMasks, target).mean();
        return iou.item<float>();
    }

    private ImageFeatures Select(ImageFeatures features, long[] images)
    {
        var index = tensor(images, device: model.Device);
        return new([.. features.Levels.Select(l => l.index_select(0, index))]);
    }
}
