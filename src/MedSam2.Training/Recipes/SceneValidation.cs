using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using static TorchSharp.torch;

namespace MedSam2.Training.Recipes;

/// <summary>What a network is measured by while it learns.</summary>
public sealed record ValidationOptions
{
    /// <summary>The scenes; their number of sequences a batch and length are set by the validation itself.</summary>
    public SceneBatchOptions Data { get; init; } = new() { Seed = 900001, Difficulty = 0.8, Scenes = 12, UsesOfScene = 4 };

    /// <summary>Batches of single images.</summary>
    public int ImageBatches { get; init; } = 6;

    /// <summary>Sequences that are tracked.</summary>
    public int Sequences { get; init; } = 16;

    /// <summary>Slices of a sequence.</summary>
    public int Length { get; init; } = 8;

    /// <summary>What sequences remember, by default as volumes are tracked.</summary>
    public TrackingOptions Tracking { get; init; } = new();
}

/// <summary>How good a network is on scenes that it has not seen. Dice and rates are means over objects.</summary>
/// <param name="Box">Dice after a tight box.</param>
/// <param name="Click">Dice of the candidate that the network prefers after one click.</param>
/// <param name="ClickBest">Dice of the best candidate after one click.</param>
/// <param name="Tracked">Dice over the tracked slices of a sequence, taken together, from a box on its first.</param>
/// <param name="Absent">Share of tracked slices without the object on which the network says so.</param>
/// <param name="Present">Share of tracked slices with the object on which the network says so.</param>
public sealed record ValidationScore(double Box, double Click, double ClickBest, double Tracked, double Absent, double Present);

/// <summary>Measures a network on a fixed set of scenes.</summary>
public sealed class SceneValidation : IDisposable
{
    private readonly TrackingOptions tracking;
    private readonly TrainingBatch[] images;
    private readonly TrainingBatch[] sequences;

    public SceneValidation(ValidationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        tracking = options.Tracking;
        var single = new SceneBatches(options.Data with { Lengths = [1] });
        var longer = new SceneBatches(options.Data with { Lengths = [options.Length], SlicesPerStep = options.Length, Seed = options.Data.Seed + 1 });
        images = [.. Enumerable.Range(0, options.ImageBatches).Select(n => Kept(single.Create(n, default)))];
        sequences = [.. Enumerable.Range(0, options.Sequences).Select(n => Kept(longer.Create(n, default)))];
    }

    /// <summary>Measures a network in evaluation mode.</summary>
    public ValidationScore Measure(Sam2Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var noGradient = no_grad();
        var (box, click, best) = (new List<float>(), new List<float>(), new List<float>());
        foreach (var batch in images)
        {
            using var scope = NewDisposeScope();
            var (features, target) = Slice(model, batch, 0);
            var conditioned = model.ConditionWithoutMemory(features);
            var prompts = new BatchPrompts(target);
            prompts.AddBoxes(new Random(1), 0);
            box.AddRange(Dice(Answer(model, features, conditioned, prompts).HighResMasks, target));
            prompts = new BatchPrompts(target);
            prompts.AddClicks(new Random(1));
            var answer = Answer(model, features, conditioned, prompts);
            click.AddRange(Dice(answer.HighResMasks, target));
            var candidates = Enumerable.Range(0, (int)answer.LowResMultimasks.size(1)).Select(m => Dice(Enlarged(answer.LowResMultimasks.narrow(1, m, 1), target), target)).ToArray();
            best.AddRange(Enumerable.Range(0, candidates[0].Length).Select(n => candidates.Max(c => c[n])));
        }

        var (tracked, presence) = (new List<double>(), new List<PresenceScore>());
        foreach (var batch in sequences)
            Track(model, batch, tracked, presence);
        var followed = presence.Where(p => !p.IsPrompted).ToList();
        return new(
            box.Average(),
            click.Average(),
            best.Average(),
            tracked.DefaultIfEmpty().Average(),
            Share(followed.Where(p => !p.IsThere), p => p.Score <= 0),
            Share(followed.Where(p => p.IsThere), p => p.Score > 0));
    }

    /// <summary>What the occlusion head says of every slice of the sequences.</summary>
    internal IReadOnlyList<PresenceScore> Presence(Sam2Model model)
    {
        using var noGradient = no_grad();
        var presence = new List<PresenceScore>();
        foreach (var batch in sequences)
            Track(model, batch, [], presence);
        return presence;
    }

    public void Dispose()
    {
        foreach (var batch in images.Concat(sequences))
            batch.Dispose();
    }

    private void Track(Sam2Model model, TrainingBatch batch, List<double> tracked, List<PresenceScore> presence)
    {
        using var scope = NewDisposeScope();
        using var memory = new SequenceMemory(model, tracking, batch.Slices);
        var (overlap, sum) = (new double[batch.Objects], new double[batch.Objects]);
        for (var t = 0; t < batch.Slices; t++)
        {
            var (features, target) = Slice(model, batch, t);
            SamOutput output;
            if (t == 0)
            {
                var prompts = new BatchPrompts(target);
                prompts.AddBoxes(new Random(1), 0);
                output = Answer(model, features, model.ConditionWithoutMemory(features), prompts);
            }
            else
            {
                output = model.ForwardSamHeads(features, model.ConditionOnMemory(features, memory.At(t, features)), SamPrompt.None, model.UseMultimask(false, 0));
                var mask = output.HighResMasks.gt(0).to(ScalarType.Float32);
                var both = (mask * target).sum([1, 2, 3]).cpu().data<float>().ToArray();
                var all = (mask.sum([1, 2, 3]) + target.sum([1, 2, 3])).cpu().data<float>().ToArray();
                for (var n = 0; n < both.Length; n++)
                    (overlap[n], sum[n]) = (overlap[n] + both[n], sum[n] + all[n]);
            }

            var scores = output.ObjectScoreLogits.cpu().data<float>().ToArray();
            var there = target.flatten(1).amax([1]).gt(0).cpu().data<bool>().ToArray();
            presence.AddRange(scores.Zip(there, (score, isThere) => new PresenceScore(score, isThere, IsPrompted: t == 0)));

            var map = model.EncodeMemory(features, output.HighResMasks, output.ObjectScoreLogits, isMaskFromPoints: t == 0);
            memory.Add(t, features, output, map, t == 0 ? SliceOrigin.Prompted : SliceOrigin.Tracked);
        }

        tracked.AddRange(overlap.Zip(sum, (o, s) => s == 0 ? 1 : 2 * o / s));
    }

    private static SamOutput Answer(Sam2Model model, ImageFeatures features, Tensor conditioned, BatchPrompts prompts) =>
        model.ForwardSamHeads(features, conditioned, prompts.ToPrompt(model.Device), model.UseMultimask(true, prompts.PointCount));

    /// <summary>Features and truth <c>[N,1,S,S]</c> of the objects on the t-th slices.</summary>
    private static (ImageFeatures Features, Tensor Target) Slice(Sam2Model model, TrainingBatch batch, int t)
    {
        var features = model.EncodeImage(batch.Images.select(1, t));
        var index = tensor(batch.Sequence.ToArray(), device: model.Device);
        return (new([.. features.Levels.Select(l => l.index_select(0, index))]), batch.Masks.narrow(1, t, 1).to(model.Device).to(ScalarType.Float32));
    }

    private static Tensor Enlarged(Tensor logits, Tensor target) =>
        nn.functional.interpolate(logits, [target.size(2), target.size(3)], mode: InterpolationMode.Bilinear, align_corners: false);

    private static float[] Dice(Tensor logits, Tensor target)
    {
        var mask = logits.gt(0).to(ScalarType.Float32);
        return (2 * (mask * target).sum([1, 2, 3]) / (mask.sum([1, 2, 3]) + target.sum([1, 2, 3]))).cpu().data<float>().ToArray();
    }

    private static double Share(IEnumerable<PresenceScore> scores, Func<PresenceScore, bool> isRight)
    {
        var right = scores.Select(isRight).ToList();
        return right.Count == 0 ? double.NaN : right.Count(r => r) / (double)right.Count;
    }

    private static TrainingBatch Kept(TrainingBatch batch)
    {
        batch.Images.DetachFromDisposeScope();
        batch.Masks.DetachFromDisposeScope();
        return batch;
    }
}
