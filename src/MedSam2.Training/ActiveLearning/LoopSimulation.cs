using MedSam2.Inference;
using MedSam2.Network.Catalog;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.ActiveLearning;

/// <summary>What a simulation leaves to choose.</summary>
public sealed record LoopSimulationOptions
{
    /// <summary>The strategies that are compared.</summary>
    public IReadOnlyList<SelectionStrategy> Strategies { get; init; } = Enum.GetValues<SelectionStrategy>();

    /// <summary>How often labels are asked for, the network taught and measured (1 to 1,000).</summary>
    public int Rounds { get; init; } = 4;

    /// <summary>Labels that a round asks for (1 to 1,000).</summary>
    public int LabelsARound { get; init; } = 1;

    /// <summary>Each seed draws and teaches anew; the table tells their mean (at least 1).</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>The largest structures of each image that take part in the measurement; 0: all.</summary>
    public int Structures { get; init; } = 1;

    /// <summary>How the network is taught in each round; its validation share parts off the images that it is measured on.</summary>
    public FineTuneOptions Training { get; init; } = new();
}

/// <summary>How good the network was after a number of labels.</summary>
public sealed record LoopSimulationRow(SelectionStrategy Strategy, int Seed, int Labels, double AfterPrompt, double AfterClicks);

/// <summary>
/// Plays the loop of labelling and training on images whose labels are known: each round a strategy asks for labels, the network is taught anew
/// from its first weights with all that it has, and measured on patients whose labels nobody asks for.
/// </summary>
/// <param name="start">The network to begin with.</param>
/// <param name="images">Labelled images.</param>
/// <param name="options">What is compared.</param>
/// <param name="folder">For the networks in between; one at a time.</param>
/// <param name="deviceName">Where the network runs, as PyTorch names it.</param>
public sealed class LoopSimulation(Sam2Weights start, IReadOnlyList<EvaluationCaseSource> images, LoopSimulationOptions options, string folder, string deviceName = "cpu")
{
    /// <param name="known">Rows of an earlier run of the same options: a strategy's seed that is whole there is not played again.</param>
    /// <param name="keep">Gets all rows so far each time there are more.</param>
    /// <param name="progress">The share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at between and within rounds.</param>
    /// <exception cref="TrainingException">There are too few images, or training fails.</exception>
    public IReadOnlyList<LoopSimulationRow> Run(
        IReadOnlyList<LoopSimulationRow>? known = null, Action<IReadOnlyList<LoopSimulationRow>>? keep = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var split = PatientSplit.Of(images, options.Training.ValidationShare, options.Training.SplitSeed);
        if (split.Validation.Count == 0 || split.Training.Count == 0)
            throw new TrainingException("A simulation needs images of two patients at least, and a validation share above 0: what is labelled is measured on the others.");
        var rounds = (int)Math.Min(options.Rounds, Math.Ceiling(split.Training.Count / (double)options.LabelsARound));
        var rows = new List<LoopSimulationRow>();
        ModelScore? first = null;
        var (done, total) = (0, options.Strategies.Count * options.Seeds * rounds);
        foreach (var (strategy, seed) in options.Strategies.SelectMany(strategy => Enumerable.Range(0, options.Seeds).Select(seed => (strategy, seed))))
        {
            LoopSimulationRow[] whole = [.. (known ?? []).Where(row => row.Strategy == strategy && row.Seed == seed)];
            if (whole.Length == rounds + 1)
            {
                rows.AddRange(whole);
                progress?.Report((double)(done += rounds) / total);
                continue;
            }

            first ??= Measure(start.Path, split.Validation, cancellation);
            rows.Add(new(strategy, seed, 0, first.AfterPrompt, first.AfterClicks));
            var (labelled, present) = (new List<EvaluationCaseSource>(), start.Path);
            for (var round = 0; round < rounds; round++)
            {
                Ask(strategy, seed, round, split.Training, labelled, present, cancellation);
                present = Teach(labelled, seed, cancellation);
                var score = Measure(present, split.Validation, cancellation);
                rows.Add(new(strategy, seed, labelled.Count, score.AfterPrompt, score.AfterClicks));
                keep?.Invoke(rows);
                progress?.Report((double)++done / total);
            }
        }

        return rows;
    }

    private void Ask(
        SelectionStrategy strategy, int seed, int round, IReadOnlyList<EvaluationCaseSource> pool, List<EvaluationCaseSource> labelled, string present, CancellationToken cancellation)
    {
        using var model = Selection.NeedsScores(strategy) ? SegmentationModel.Load(present, deviceName) : null;
        var scores = pool.ToDictionary(image => image, image => model is null
            ? new ImageScore(0, 0, 0, 0, [])
            : ImageScorer.Score(model, image.Read(cancellation).Volume, cancellation: cancellation));
        for (var n = 0; n < options.LabelsARound && labelled.Count < pool.Count; n++)
        {
            EvaluationCaseSource[] open = [.. pool.Where(image => !labelled.Contains(image))];
            var weights = Selection.Weigh(
                strategy, [.. open.Select(image => scores[image])], [.. labelled.Select(image => scores[image].Embedding)], new Random(Data.Seeds.Mix(seed, round, n)));
            labelled.Add(open[Array.IndexOf(weights, weights.Max())]);
        }
    }

    private string Teach(IReadOnlyList<EvaluationCaseSource> labelled, int seed, CancellationToken cancellation)
    {
        var own = Path.Combine(folder, "round");
        if (Directory.Exists(own))
            Directory.Delete(own, recursive: true);
        var wishes = options.Training with
        {
            ValidationShare = 0,
            Trainer = options.Training.Trainer with { Seed = seed, CheckpointEvery = options.Training.Trainer.Steps },
            Batches = options.Training.Batches with { Seed = seed },
        };
        return new FineTune(start, labelled, wishes, own).Run(_ => { }, new TorchSharp.torch.Device(deviceName), cancellation: cancellation);
    }

    private ModelScore Measure(string path, IReadOnlyList<EvaluationCaseSource> validation, CancellationToken cancellation)
    {
        using var model = SegmentationModel.Load(path, deviceName);
        return ModelScore.Measure(model, validation, options.Structures, cancellation: cancellation);
    }

    /// <summary>The mean over seeds, by strategy and number of labels.</summary>
    public static IReadOnlyList<LoopSimulationRow> Mean(IReadOnlyList<LoopSimulationRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return [.. rows.GroupBy(row => (row.Strategy, row.Labels)).Select(group => new LoopSimulationRow(
            group.Key.Strategy, group.Count(), group.Key.Labels, group.Average(row => row.AfterPrompt), group.Average(row => row.AfterClicks)))];
    }
}
