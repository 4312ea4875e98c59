using System.Diagnostics;
using System.Globalization;
using MedSam2.Network.Catalog;
using MedSam2.Network.Runtime;
using MedSam2.Server.CommandLine;
using MedSam2.Training.Recipes;

namespace MedSam2.Server.Training;

/// <summary>The verb <c>train-synthetic</c>: a recipe, its curves as CSV and PNG.</summary>
internal static class SyntheticRun
{
    private const string ValidationFile = "validation.csv";

    public static async Task RunAsync(VerbSettings settings, string recipePath, string output, CancellationToken cancellation)
    {
        var recipe = TrainingRecipe.Read(recipePath);
        Directory.CreateDirectory(output);
        await Task.Run(() => Train(settings, recipe, output, cancellation), CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
    }

    private static void Train(VerbSettings settings, TrainingRecipe recipe, string output, CancellationToken cancellation)
    {
        NativeHeap.KeepFreed();
        if (settings.Inference.Threads > 0)
            TorchSharp.torch.set_num_threads(settings.Inference.Threads);
        var weights = Sam2Weights.Find(settings.Server.ModelPath);
        weights = weights with { Configuration = weights.Configuration.WithTrackingDefaults() };
        using var model = weights.Load();
        var validation = Path.Combine(output, ValidationFile);
        if (!File.Exists(validation))
            File.WriteAllText(validation, "stage,step,seconds,box,click,click_best,tracked,absent,present\n");
        var watch = Stopwatch.StartNew();
        RecipeRun.Run(model, recipe, output, Report, cancellation);
        ValidationPlot.Write(recipe, validation);

        void Report(RecipeReport report)
        {
            if (report.Validation is not { } score)
                return;
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Stage},{report.Step.Step + 1},{watch.Elapsed.TotalSeconds:0},{score.Box:0.0000},{score.Click:0.0000},{score.ClickBest:0.0000},{score.Tracked:0.0000},{score.Absent:0.000},{score.Present:0.000}");
            File.AppendAllText(validation, line + "\n");
            Console.WriteLine(line);
        }
    }
}
