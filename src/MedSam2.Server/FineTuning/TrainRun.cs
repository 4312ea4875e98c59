using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Inference;
using MedSam2.Network.Catalog;
using MedSam2.Network.Runtime;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Models.Versions;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;
using TorchSharp;

namespace MedSam2.Server.FineTuning;

/// <summary>What the verb <c>train</c> was told.</summary>
internal sealed record TrainRequest(IReadOnlyList<EvaluationCaseSource> Images, string Output, FineTuneOptions Options, bool Promote, bool Json);

/// <summary>The verb <c>train</c>: teaches, plots, compares and, if asked, serves.</summary>
internal static class TrainRun
{
    public static async Task RunAsync(VerbSettings settings, TrainRequest request, CancellationToken cancellation)
    {
        NativeHeap.KeepFreed();
        var versions = new ModelVersions(settings.Server);
        var from = versions.Served;
        var run = new FineTune(Sam2Weights.Find(versions.PathOf(from)), request.Images, request.Options, request.Output);
        await Console.Error.WriteLineAsync($"Learns from {run.Split.Training.Count} images and is compared on {run.Split.Validation.Count}; patients are on one side each.");
        if (settings.Inference.Threads > 0)
            torch.set_num_threads(settings.Inference.Threads);
        var report = await VerbConsole.WithProgressAsync("Training", progress => Task.Run(() => Train(settings, versions, from, run, request, progress, cancellation), CancellationToken.None));
        if (request.Json)
            Console.WriteLine(JsonSerializer.Serialize(report, TrainJson.Default.TrainReport));
        else
            Print(report);
    }

    private static TrainReport Train(
        VerbSettings settings, ModelVersions versions, int from, FineTune run, TrainRequest request, IProgress<VerbProgress> progress, CancellationToken cancellation)
    {
        double seconds = 0, loss = double.NaN;
        string folder;
        try
        {
            folder = run.Run(
                step =>
                {
                    (seconds, loss) = (step.Seconds, step.Last.Loss.TotalValue);
                    progress.Report(new((double)step.Done / step.Total, string.Create(CultureInfo.InvariantCulture, $"Step {step.Done} of {step.Total}, loss {loss:0.000}")));
                },
                new torch.Device(settings.Server.Device),
                cancellation: cancellation);
        }
        finally
        {
            TrainingPlots.Write(request.Output);
        }

        var trial = new VersionTrial(path => SegmentationModel.Load(path, settings.Server.Device, settings.Server.ModelPrecision ?? ModelPrecision.Float32), OwnDevice.Instance, new Relay(progress));
        var comparison = Compare(trial, folder, versions, run.Split.Validation, cancellation);
        if (request.Promote)
            TrainingPlots.KeepWith(request.Output, folder);
        var version = request.Promote ? versions.Add(folder, request.Options.Trainer.Steps, run.Split.Training.Count, from, comparison) : null;
        var served = version is not null && comparison is { IsBetter: true } && versions.TryServe(version.Number, comparison.Against);
        return new(folder, request.Options.Trainer.Steps, seconds, double.IsFinite(loss) ? loss : null, run.Split.Training.Count, run.Split.Validation.Count, comparison?.Candidate, comparison?.Present, comparison?.Against, version?.Number, served);
    }

    /// <summary>Validation images that say nothing do not take what was learnt with them.</summary>
    private static VersionComparison? Compare(VersionTrial trial, string folder, ModelVersions versions, IReadOnlyList<EvaluationCaseSource> images, CancellationToken cancellation)
    {
        try
        {
            return trial.Compare(folder, versions, images, cancellation);
        }
        catch (EvaluationException exception)
        {
            Console.Error.WriteLine($"The network cannot be compared with the present one: {exception.Message}");
            return null;
        }
    }

    private static void Print(TrainReport report)
    {
        Console.WriteLine($"{report.Model}: {report.Steps} steps on {report.TrainingImages} images; curves in {Path.Combine(Path.GetDirectoryName(report.Model)!, TrainingPlots.FileName)}");
        if (report is { Score: { } score, PresentScore: { } present })
        {
            VerbConsole.WriteTable(
                ["Dice on the validation images", "after a click", $"after {ModelScore.Clicks} corrections"],
                [["present", Text(present.AfterPrompt), Text(present.AfterClicks)], ["trained", Text(score.AfterPrompt), Text(score.AfterClicks)]]);
        }
        else
        {
            Console.WriteLine("There are no validation images that say anything, so the network is not compared with the present one.");
        }

        if (report.Version is { } version)
            Console.WriteLine(report.Served ? $"Version {version} is served from now on." : $"Version {version} is kept, and not served: it does not beat the present one.");
    }

    private static string Text(double dice) => dice.ToString("0.000", CultureInfo.InvariantCulture);

    private sealed class Relay(IProgress<VerbProgress> progress) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new(value, "Comparing with the present model"));
    }
}

/// <summary>What a training gave.</summary>
/// <param name="Model">Folder of the trained network.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Seconds">Of training, since it was begun or gone on with.</param>
/// <param name="Loss">Of the last step; null where nothing was left to do.</param>
/// <param name="TrainingImages">Learnt from.</param>
/// <param name="ValidationImages">Asked about.</param>
/// <param name="Score">Of the trained network; null without validation images.</param>
/// <param name="PresentScore">Of the network that was served when the training ended.</param>
/// <param name="ComparedWith">Number of that network's version.</param>
/// <param name="Version">Its number as a version; null where it was not asked for.</param>
/// <param name="Served">Whether it is served from now on.</param>
internal sealed record TrainReport(
    string Model, int Steps, double Seconds, double? Loss, int TrainingImages, int ValidationImages, ModelScore? Score, ModelScore? PresentScore, int? ComparedWith, int? Version, bool Served);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TrainReport))]
internal sealed partial class TrainJson : JsonSerializerContext;
