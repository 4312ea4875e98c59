using MedSam2.Training.Evaluation.Reporting;
using ScottPlot;

namespace MedSam2.Server.Evaluation;

/// <summary>A report's plots: bars where methods are compared once, curves over corrections, prompts or visited slices.</summary>
internal static class EvaluationPlots
{
    private const int Width = 900;
    private const int Height = 520;

    /// <summary>Writes one PNG a setting into a folder.</summary>
    /// <returns>Their paths.</returns>
    public static IReadOnlyList<string> Write(EvaluationReport report, string folder)
    {
        List<string> paths = [];
        foreach (var setting in report.Summaries.GroupBy(s => s.Setting))
        {
            using var plot = setting.Select(s => s.Step).Distinct().Count() > 1 ? Curves(report, setting) : Bars(setting);
            plot.Title($"{report.Protocol}, {setting.Key} ({report.Model}, {report.Cases} images)");
            paths.Add(Save(plot, folder, $"{report.Protocol}-{setting.Key}"));
        }

        if (report.Traces.Count > 0)
        {
            using var plot = Traces(report);
            paths.Add(Save(plot, folder, $"{report.Protocol}-trace"));
        }

        return paths;
    }

    private static Plot Bars(IEnumerable<EvaluationSummary> summaries)
    {
        var plot = new Plot();
        EvaluationSummary[] methods = [.. summaries];
        double Place(int n) => methods.Length - 1 - n; // the first on top
        plot.Add.Bars(methods.Select((method, n) => new Bar
        {
            Position = Place(n),
            Value = method.Dice,
            Error = method.DiceSpread,
            FillColor = plot.Add.Palette.GetColor(n),
            Orientation = Orientation.Horizontal,
        }).ToArray());
        plot.Axes.Left.SetTicks([.. methods.Select((_, n) => Place(n))], [.. methods.Select(m => m.Method)]);
        plot.Axes.SetLimitsX(0, 1);
        plot.XLabel("Dice, mean and standard deviation");
        return plot;
    }

    private static Plot Curves(EvaluationReport report, IEnumerable<EvaluationSummary> summaries)
    {
        var plot = new Plot();
        foreach (var method in summaries.GroupBy(s => s.Method))
        {
            var curve = plot.Add.Scatter(method.Select(s => (double)s.Step!.Value).ToArray(), method.Select(s => s.Dice).ToArray());
            curve.LegendText = method.Key;
            curve.LineWidth = 2;
        }

        plot.YLabel("mean Dice");
        plot.Axes.SetLimitsY(0, 1);
        plot.XLabel(report.Protocol == "interactive" ? "corrective clicks" : "prompts");
        plot.ShowLegend(Alignment.LowerRight);
        return plot;
    }

    private static Plot Traces(EvaluationReport report)
    {
        var plot = new Plot();
        foreach (var method in report.Traces.GroupBy(t => t.Method))
        {
            var means = method.GroupBy(t => t.Step).OrderBy(s => s.Key).Select(s => (Step: (double)s.Key, Mean: s.Average(t => t.Value))).ToArray();
            var curve = plot.Add.Scatter(means.Select(m => m.Step).ToArray(), means.Select(m => m.Mean).ToArray());
            curve.LegendText = method.Key;
            curve.LineWidth = 2;
        }

        plot.Title($"{report.Protocol} ({report.Model}, {report.Cases} images)");
        plot.XLabel("visited slices");
        plot.YLabel("mutual information in the memory (bit)");
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static string Save(Plot plot, string folder, string name)
    {
        var path = Path.Combine(folder, name.Replace(' ', '-') + ".png");
        plot.SavePng(path, Width, Height);
        return path;
    }
}
