using MedSam2.Inference;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.FineTuning;

/// <summary>How good a network is on validation images, as one who clicks sees it: each structure is clicked once, then corrected.</summary>
/// <param name="AfterPrompt">Mean Dice after the first click.</param>
/// <param name="AfterClicks">Mean Dice after three corrections.</param>
/// <param name="Structures">How many structures were asked for.</param>
/// <param name="Images">Of how many images.</param>
public sealed record ModelScore(double AfterPrompt, double AfterClicks, int Structures, int Images)
{
    /// <summary>Corrections that <see cref="AfterClicks"/> has seen.</summary>
    public const int Clicks = 3;

    private const double Rounding = 1e-9;

    /// <summary>Whether this network may take the other one's place: in nothing worse, and in something better.</summary>
    public bool Beats(ModelScore other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return AfterPrompt >= other.AfterPrompt - Rounding && AfterClicks >= other.AfterClicks - Rounding
            && (AfterPrompt > other.AfterPrompt + Rounding || AfterClicks > other.AfterClicks + Rounding);
    }

    /// <param name="model">The network.</param>
    /// <param name="images">What it is asked about; it has learnt from none of them.</param>
    /// <param name="structures">The largest structures of each image that take part; 0: all.</param>
    /// <param name="device">Where the network runs; null: on this thread.</param>
    /// <param name="progress">The share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="EvaluationException">No image has a structure that can be asked for.</exception>
    public static ModelScore Measure(
        SegmentationModel model,
        IReadOnlyList<EvaluationCaseSource> images,
        int structures = 3,
        IDeviceTurns? device = null,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default)
    {
        var options = new EvaluationOptions { Corrections = Clicks, MostStructures = structures };
        var report = Evaluator.Run(Protocol.Find("interactive")!, model, images, options, progress, device, cancellation);

        // A volume is judged as a whole, a picture by its one slice.
        var answers = report.Rows.Where(row => row.Method == Settings.Model)
            .GroupBy(row => (row.Case, row.Structure))
            .Select(asked => asked.Where(row => row.Setting == (asked.Any(r => r.Setting == Settings.Volume) ? Settings.Volume : Settings.Slice)).ToDictionary(row => row.Step, row => row.Dice))
            .ToList();
        return new(answers.Average(dice => dice[0]), answers.Average(dice => dice[Clicks]), answers.Count, report.Cases);
    }
}
