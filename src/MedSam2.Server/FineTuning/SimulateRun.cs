using System.Globalization;
using System.Text.Json;
using MedSam2.Network.Catalog;
using MedSam2.Network.Runtime;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Models.Versions;
using MedSam2.Training.ActiveLearning;
using ScottPlot;

namespace MedSam2.Server.FineTuning;

/// <summary>What the verb <c>simulate-loop</c> was told.</summary>
internal sealed record SimulateRequest(LabelledFolder Images, LoopSimulationOptions Options, string Output, bool Json);

/// <summary>The verb <c>simulate-loop</c>: Dice against the number of labels, for each strategy.</summary>
internal static class SimulateRun
{
    private const int Width = 900, Height = 520;

    public static async Task RunAsync(VerbSettings settings, SimulateRequest request, CancellationToken cancellation)
    {
        NativeHeap.KeepFreed();
        if (settings.Inference.Threads > 0)
            TorchSharp.torch.set_num_threads(settings.Inference.Threads);
        var versions = new ModelVersions(settings.Server);
        var (start, images) = (Sam2Weights.Find(versions.PathOf(versions.Served)), request.Images.Find());
        var folder = SimulationFolder.Open(request.Output, new(start.Sha256, [.. images.Select(image => image.Name)], request.Options));
        var simulation = new LoopSimulation(start, images, request.Options, Path.Combine(request.Output, "work"), settings.Server.Device);
        var rows = await VerbConsole.WithProgressAsync(
            "Simulating", progress => Task.Run(() => simulation.Run(folder.Rows, Keep, new Relay(progress), cancellation), CancellationToken.None));
        Keep(rows);
        var means = LoopSimulation.Mean(rows);
        if (request.Json)
            Console.WriteLine(JsonSerializer.Serialize(rows, SimulateJson.Default.IReadOnlyListLoopSimulationRow));
        else
            Print(means);

        void Keep(IReadOnlyList<LoopSimulationRow> so)
        {
            folder.Keep(so);
            Draw(LoopSimulation.Mean(so), Path.Combine(request.Output, "simulation.png"));
        }
    }

    private static void Print(IReadOnlyList<LoopSimulationRow> means)
    {
        int[] labels = [.. means.Select(row => row.Labels).Distinct().Order()];
        VerbConsole.WriteTable(
            ["mean Dice after a click and 3 corrections", .. labels.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} labels"))],
            means.GroupBy(row => row.Strategy).Select(strategy => (string[])
            [
                strategy.Key.ToString().ToLowerInvariant(),
                .. labels.Select(n => strategy.FirstOrDefault(row => row.Labels == n) is { } row
                    ? string.Create(CultureInfo.InvariantCulture, $"{row.AfterPrompt:0.000} / {row.AfterClicks:0.000}")
                    : ""),
            ]));
    }

    private static void Draw(IReadOnlyList<LoopSimulationRow> means, string path)
    {
        using var plot = new Plot();
        foreach (var strategy in means.GroupBy(row => row.Strategy))
        {
            var rows = strategy.OrderBy(row => row.Labels).ToArray();
            var curve = plot.Add.Scatter(rows.Select(row => (double)row.Labels).ToArray(), rows.Select(row => row.AfterClicks).ToArray());
            curve.LegendText = strategy.Key.ToString().ToLowerInvariant();
            curve.LineWidth = 2;
        }

        plot.XLabel("labels");
        plot.YLabel("mean Dice after three corrections");
        plot.ShowLegend(Alignment.LowerRight);
        plot.SavePng(path, Width, Height);
    }

    private sealed class Relay(IProgress<VerbProgress> progress) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new(value, "Simulating"));
    }
}
