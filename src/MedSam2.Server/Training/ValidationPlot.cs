using System.Globalization;
using MedSam2.Training.Recipes;
using ScottPlot;

namespace MedSam2.Server.Training;

/// <summary>A recipe's validation scores over the slices that were seen, as a picture.</summary>
internal static class ValidationPlot
{
    public const string FileName = "validation.png";

    private static readonly string[] Drawn = ["box", "click", "tracked", "absent"];

    /// <summary>Writes the picture beside a table of scores; nothing where there is none yet.</summary>
    /// <param name="recipe">Tells how many slices a step sees.</param>
    /// <param name="csv">The table, with the columns <c>stage</c>, <c>step</c> and the scores.</param>
    public static void Write(TrainingRecipe recipe, string csv)
    {
        var lines = File.ReadAllLines(csv);
        string[] columns = lines[0].Split(',');
        var rows = lines.Skip(1).Select(l => l.Split(',')).Where(r => r.Length == columns.Length).ToList();
        if (rows.Count == 0)
            return;
        using var plot = new Plot();
        double[] slices = [.. rows.Select(r => SlicesUntil(recipe, r[Array.IndexOf(columns, "stage")], int.Parse(r[Array.IndexOf(columns, "step")], CultureInfo.InvariantCulture)))];
        foreach (var name in Drawn)
        {
            var curve = plot.Add.Scatter(slices, rows.Select(r => double.Parse(r[Array.IndexOf(columns, name)], CultureInfo.InvariantCulture)).ToArray());
            curve.LegendText = name == "absent" ? "absent slices told" : $"{name} Dice";
            curve.LineWidth = 2;
        }

        foreach (var stage in recipe.Stages)
            plot.Add.VerticalLine(SlicesUntil(recipe, stage.Name, 0), color: Colors.Gray, pattern: LinePattern.Dotted).LabelText = stage.Name;
        plot.Axes.SetLimitsY(0, 1);
        plot.XLabel("slices seen");
        plot.ShowLegend(Alignment.LowerRight);
        plot.SavePng(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(csv))!, FileName), 900, 520);
    }

    private static double SlicesUntil(TrainingRecipe recipe, string stage, int step)
    {
        var before = recipe.Stages.TakeWhile(s => s.Name != stage).Sum(s => (double)Math.Min(s.EndAt ?? int.MaxValue, s.Trainer.Steps) * OfStep(s));
        return before + ((double)step * (recipe.Stages.FirstOrDefault(s => s.Name == stage) is { } found ? OfStep(found) : 0));

        static int OfStep(RecipeStage stage) => stage.Data.SlicesPerStep * stage.Trainer.Accumulate;
    }
}
