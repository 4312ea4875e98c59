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

    /// <summary>Writes the curves of a run's log beside it; nothing where no step was done.</summary>
    public static void Write(string folder)
    {
        var log = Path.Combine(folder, TrainingLog.FileName);
        if (!File.Exists(log))
            return;
        var (columns, rows) = TrainingLog.Read(log);
        if (rows.Count == 0)
            return;
        var plots = new Multiplot();
        plots.AddPlots(2);
        Draw(plots.GetPlot(0), "loss", ["loss"]);
        Draw(plots.GetPlot(1), "mean IoU", ["prompted_iou", "tracked_iou"]);
        plots.GetPlot(1).XLabel("step");
        plots.SavePng(Path.Combine(folder, FileName), Width, Height);

        void Draw(Plot plot, string label, string[] names)
        {
            foreach (var name in names)
            {
                var column = Array.IndexOf(columns, name);
                double[][] known = [.. rows.Where(row => double.IsFinite(row[column]))];
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
