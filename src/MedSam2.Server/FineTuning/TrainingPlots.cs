using MedSam2.Training.Logging;
using ScottPlot;

namespace MedSam2.Server.FineTuning;

/// <summary>A run's curves as a picture.</summary>
internal static class TrainingPlots
{
    public const string FileName = "curves.png";

    private const int Width = 900;
    private const int Height = 720;

    // Losses of single steps differ more than the trend that one looks for.
    private const int Smoothing = 20;

    // More points than this are no more to be seen.
    private const int MostPoints = 20_000;

    /// <summary>Writes the curves of a run's log beside it; nothing where no step was done.</summary>
    public static void Write(string folder)
    {
        if (Draw(folder) is { } picture)
            File.WriteAllBytes(Path.Combine(folder, FileName), picture);
    }

    /// <summary>Puts a run's curves beside the weights that it gave, so that they stay with the version.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="model">The folder of its weights.</param>
    public static void KeepWith(string run, string model)
    {
        foreach (var curves in (string[])[TrainingLog.FileName, FileName])
            File.Copy(Path.Combine(run, curves), Path.Combine(model, curves), overwrite: true);
    }

    /// <summary>The curves of a run's log as a PNG, as far as it is; null where no step was done.</summary>
    public static byte[]? Draw(string folder)
    {
        var log = Path.Combine(folder, TrainingLog.FileName);
        if (!File.Exists(log))
            return null;
        var (columns, rows) = TrainingLog.Read(log);
        if (rows.Count == 0)
            return null;
        var every = 1 + (rows.Count / MostPoints);
        var plots = new Multiplot();
        plots.AddPlots(2);
        AddCurves(plots.GetPlot(0), "loss", ["loss"]);
        AddCurves(plots.GetPlot(1), "mean IoU", ["prompted_iou", "tracked_iou"]);
        plots.GetPlot(1).XLabel("step");
        return plots.Render(Width, Height).GetImageBytes();

        void AddCurves(Plot plot, string label, string[] names)
        {
            foreach (var name in names)
            {
                var column = Array.IndexOf(columns, name);
                double[][] known = [.. rows.Where((row, n) => n % every == 0 && double.IsFinite(row[column]))];
                if (known.Length == 0)
                    continue;
                double[] steps = [.. known.Select(row => row[0])], values = [.. known.Select(row => row[column])];
                var points = plot.Add.ScatterPoints(steps, values);
                points.MarkerSize = 2;
                points.Color = points.Color.WithAlpha(0.3);
                var curve = plot.Add.ScatterLine(steps, Smoothed(values));
                curve.Color = points.Color.WithAlpha(1.0);
                curve.LineWidth = 2;
                curve.LegendText = name.Replace('_', ' ');
            }

            plot.YLabel(label);
            plot.ShowLegend(Alignment.UpperRight);
        }
    }

    private static double[] Smoothed(double[] values) =>
        [.. values.Select((_, n) => values[Math.Max(0, n - Smoothing + 1)..(n + 1)].Average())];
}
