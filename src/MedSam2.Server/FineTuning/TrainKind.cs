using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Inference;
using MedSam2.Network.Catalog;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Jobs;
using MedSam2.Server.Models.Versions;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Logging;
using Microsoft.Extensions.Options;
using TorchSharp;

namespace MedSam2.Server.FineTuning;

/// <summary>
/// Training as a job: learns from the approved labels, compares the new network with the one that is served then on patients that it has not seen, keeps it
/// as a version, and serves it if it is better. A run that was killed goes on where it was and comes to the same weights.
/// </summary>
internal sealed class TrainKind(
    TrainingImages images, ModelHost host, DeviceWorker worker, TrainingMeter meter, IOptions<ServerOptions> options, IOptions<InferenceOptions> inference) : IJobKind
{
    /// <summary>Where in its job's folder a training lives.</summary>
    public const string RunFolder = "run";

    private const string ImagesKey = "images", FromKey = "from";

    public string Name => TaskMethod.Train;

    public IReadOnlyList<string> Check(JsonObject parameters)
    {
        TrainParameters.Read(parameters);
        return [.. TrainParameters.Unknown(parameters).Select(key => $"'{key}' is no parameter of training and changes nothing.")];
    }

    public async Task<JsonNode?> RunAsync(JobRun run, CancellationToken cancellation)
    {
        var asked = TrainParameters.Read(run.Parameters);
        var (ids, from) = await ChooseAsync(run, cancellation);
        var sources = await FindAsync(run, ids, from, cancellation);
        var wishes = asked.For(PatientSplit.Of(sources, asked.Options.ValidationShare, asked.Options.SplitSeed).Training.Count) with
        {
            Features = new() { MemoryBytes = Math.Min(asked.Options.Features.MemoryBytes, inference.Value.VolumeCacheBytes) },
        };
        var tuning = new FineTune(Sam2Weights.Find(host.Versions.PathOf(from)), sources, wishes, Path.Combine(run.Folder, RunFolder));

        // Training waits for the device step by step, on a thread of its own.
        var (version, comparison) = await Task.Factory.StartNew(
            () => TrainAndTidy(run, tuning, wishes, from, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var isServed = asked.Promote && comparison is { IsBetter: true } && await host.TryServeAsync(version.Number, comparison.Against, cancellation);
        run.Log(Describe(version, comparison, isServed));
        return new JsonObject
        {
            ["version"] = version.Number,
            ["served"] = isServed,
            ["training_images"] = tuning.Split.Training.Count,
            ["validation_images"] = tuning.Split.Validation.Count,
            ["score"] = ToJson(comparison?.Candidate),
            ["present_score"] = ToJson(comparison?.Present),
            ["compared_with"] = comparison?.Against,
            ["best_metric"] = comparison?.Candidate.AfterClicks ?? 0,
        };
    }

    /// <summary>What is learnt from and where it begins is chosen once, at the first run.</summary>
    private async Task<(IReadOnlyList<string> Ids, int From)> ChooseAsync(JobRun run, CancellationToken cancellation)
    {
        if (run.State is JsonObject state)
            return ([.. state[ImagesKey]!.AsArray().Select(id => id!.GetValue<string>())], state[FromKey]!.GetValue<int>());
        string[] ids = [.. (await images.ListAsync(cancellation)).Keys.Order(StringComparer.Ordinal)];
        var from = host.Versions.Served;
        await SaveAsync(run, ids, from);
        run.Log(string.Create(CultureInfo.InvariantCulture, $"{ids.Length} labelled images; begins with version {from}."));
        return (ids, from);
    }

    /// <summary>A run whose images are not all there any more begins anew with those that are: its state is of others.</summary>
    private async Task<IReadOnlyList<EvaluationCaseSource>> FindAsync(JobRun run, IReadOnlyList<string> ids, int from, CancellationToken cancellation)
    {
        var sources = await images.FindAsync(ids, cancellation);
        if (sources.Count == ids.Count)
            return sources;
        run.Log($"{ids.Count - sources.Count} of the {ids.Count} labelled images are gone: begins anew with the others.", LogLevel.Warning);
        if (Directory.Exists(Path.Combine(run.Folder, RunFolder)))
            Directory.Delete(Path.Combine(run.Folder, RunFolder), recursive: true);
        await SaveAsync(run, sources.Select(source => source.Name), from);
        return sources;
    }

    private static Task SaveAsync(JobRun run, IEnumerable<string> ids, int from) =>
        run.SaveStateAsync(new JsonObject { [ImagesKey] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]), [FromKey] = from });

    /// <summary>What a run needs to go on goes with its end: it is many times as large as the network.</summary>
    private (ModelVersion Version, VersionComparison? Comparison) TrainAndTidy(JobRun run, FineTune tuning, FineTuneOptions wishes, int from, CancellationToken cancellation)
    {
        try
        {
            return Train(run, tuning, wishes, from, cancellation);
        }
        finally
        {
            // What is stopped may go on after the server's next start, or goes on at another server.
            if (!cancellation.IsCancellationRequested)
                tuning.DeleteState();
        }
    }

    private (ModelVersion Version, VersionComparison? Comparison) Train(JobRun run, FineTune tuning, FineTuneOptions wishes, int from, CancellationToken cancellation)
    {
        var device = new DeviceShare(worker, cancellation);
        var epoch = Math.Max(1, tuning.Split.Training.Count);
        var epochs = (wishes.Trainer.Steps + epoch - 1) / epoch;
        run.Progress(0, epochs, "Begins.");
        var folder = tuning.Run(
            step =>
            {
                meter.Stepped(step);
                run.Progress(
                    step.Done == step.Total ? epochs : step.Done / epoch,
                    message: string.Create(CultureInfo.InvariantCulture, $"Step {step.Done} of {step.Total}, loss {step.Last.Loss.TotalValue:0.000}"),
                    metrics: TrainingLog.Values(step.Last).Append(("step", step.Done)).Where(value => double.IsFinite(value.Item2)).ToDictionary(value => value.Item1, value => value.Item2));
            },
            new torch.Device(options.Value.Device),
            device,
            cancellation);

        run.Progress(message: "Compares the new network with the one that is served.");
        var trial = new VersionTrial(path => SegmentationModel.Load(path, options.Value.Device, options.Value.ModelPrecision ?? ModelPrecision.Float32), device);
        VersionComparison? comparison = null;
        try
        {
            comparison = trial.Compare(folder, host.Versions, tuning.Split.Validation, cancellation);
        }
        catch (EvaluationException exception)
        {
            // What was learnt is kept all the same.
            run.Log($"The validation images ({string.Join(", ", tuning.Split.Validation.Select(image => image.Name))}) say nothing: {exception.Message}", LogLevel.Warning);
        }

        if (comparison is not null)
        {
            run.Progress(metrics: new Dictionary<string, double>
            {
                ["best_metric"] = comparison.Candidate.AfterClicks,
                ["dice_after_prompt"] = comparison.Candidate.AfterPrompt,
                ["dice_after_clicks"] = comparison.Candidate.AfterClicks,
                ["present_dice_after_prompt"] = comparison.Present.AfterPrompt,
                ["present_dice_after_clicks"] = comparison.Present.AfterClicks,
            });
        }

        // The curves stay with the version when the job's folder goes.
        TrainingPlots.Write(Path.GetDirectoryName(folder)!);
        TrainingPlots.KeepWith(Path.GetDirectoryName(folder)!, folder);
        return (host.Versions.Add(folder, wishes.Trainer.Steps, tuning.Split.Training.Count, from, comparison), comparison);
    }

    private static string Describe(ModelVersion version, VersionComparison? comparison, bool isServed) => string.Create(
        CultureInfo.InvariantCulture,
        $"Version {version.Number}: {(comparison is null
            ? "there are no validation images that it could be compared on"
            : $"Dice {comparison.Candidate.AfterPrompt:0.000} after a click and {comparison.Candidate.AfterClicks:0.000} after {ModelScore.Clicks} corrections, version {comparison.Against} {comparison.Present.AfterPrompt:0.000} and {comparison.Present.AfterClicks:0.000}")}. {(isServed ? "It is served from now on." : "The present one stays.")}");

    private static JsonNode? ToJson(ModelScore? score) => score is null ? null : JsonSerializer.SerializeToNode(score, VersionJson.Default.ModelScore);
}
