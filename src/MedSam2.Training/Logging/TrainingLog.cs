using System.Globalization;
using MedSam2.Training.Fitting;
using TorchSharp;

namespace MedSam2.Training.Logging;

/// <summary>
/// A run's curves: <c>log.csv</c>, one line a step, and TensorBoard's event files. A run that goes on from an earlier step takes back what
/// was written of the steps after it.
/// </summary>
public sealed class TrainingLog : IDisposable
{
    public const string FileName = "log.csv";

    private const string Header = "step,loss,focal,dice,iou,occlusion,prompted_iou,tracked_iou,gradient_norm,learning_rate,slices";
    private readonly StreamWriter csv;
    private readonly TorchSharp.Modules.SummaryWriter events;

    /// <param name="folder">Where they go.</param>
    /// <param name="firstStep">The step that is done next; later ones are forgotten.</param>
    public TrainingLog(string folder, int firstStep)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        string[] kept = File.Exists(path) ? [.. File.ReadLines(path).Skip(1).Where(line => StepOf(line) is { } step && step < firstStep)] : [];
        csv = new StreamWriter(path, append: false);
        csv.WriteLine(Header);
        foreach (var line in kept)
            csv.WriteLine(line);
        csv.Flush();
        events = torch.utils.tensorboard.SummaryWriter(folder);
    }

    public void Add(StepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var (values, step) = (Values(report), report.Step);
        csv.WriteLine(string.Join(',', values.Select(v => double.IsFinite(v.Value) ? v.Value.ToString("G9", CultureInfo.InvariantCulture) : "").Prepend(step.ToString(CultureInfo.InvariantCulture))));
        csv.Flush();
        foreach (var (name, value) in values)
        {
            if (double.IsFinite(value))
                events.add_scalar(name, (float)value, step);
        }
    }

    public void Dispose() => csv.Dispose();

    /// <summary>The columns after the step, by name; not a number where a step has none.</summary>
    public static IReadOnlyList<(string Name, double Value)> Values(StepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var loss = report.Loss;
        return
        [
            ("loss", loss.TotalValue), ("focal", loss.Focal), ("dice", loss.Dice), ("iou", loss.Iou), ("occlusion", loss.Occlusion),
            ("prompted_iou", loss.PromptedIou), ("tracked_iou", loss.TrackedIou), ("gradient_norm", report.GradientNorm),
            ("learning_rate", report.LearningRate), ("slices", report.Slices),
        ];
    }

    /// <summary>Reads the curves back, of a run that still writes them too: the columns' names, and a line of values a step (not a number where there is none).</summary>
    public static (string[] Columns, List<double[]> Rows) Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        string[] columns = reader.ReadLine()?.Split(',') ?? [];
        List<double[]> rows = [];
        while (reader.ReadLine() is { } line)
        {
            double[] row = [.. line.Split(',').Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN)];
            if (row.Length == columns.Length)
                rows.Add(row);
        }

        return (columns, rows);
    }

    // A line that a kill cut short is no line.
    private static int? StepOf(string line) =>
        line.Count(c => c == ',') == Header.Count(c => c == ',') && int.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
}
