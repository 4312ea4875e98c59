using System.Diagnostics;
using System.Text.Json;
using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Fitting;
using MedSam2.Training.Fitting.Frozen;
using MedSam2.Training.Logging;
using TorchSharp;

namespace MedSam2.Training.FineTuning;

/// <summary>
/// Teaches a network from labelled images, in a folder of its own: <c>checkpoints</c> (state to resume from), <c>log.csv</c>,
/// <c>events.*</c> (TensorBoard), and in the end <c>model</c> (weights with the official keys, and their configuration). Called again
/// with the same folder and wishes it goes on where it was, whatever ended it, and comes to the same weights.
/// </summary>
public sealed class FineTune
{
    private const string PlanName = "plan.json";
    private readonly Sam2Weights start;
    private readonly PatientSplit split;
    private readonly FineTuneOptions options;
    private readonly string folder;

    /// <param name="start">The network to begin with.</param>
    /// <param name="images">All labelled images.</param>
    /// <param name="options">How.</param>
    /// <param name="folder">Where the run lives.</param>
    /// <exception cref="TrainingException">An option is out of its range, there is nothing to learn from, or the folder is another run's.</exception>
    public FineTune(Sam2Weights start, IReadOnlyList<EvaluationCaseSource> images, FineTuneOptions options, string folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.start, this.options, this.folder) = (start, options, folder);
        split = PatientSplit.Of(images, options.ValidationShare, options.SplitSeed);
        if (split.Training.Count == 0)
            throw new TrainingException("There is no labelled image to learn from. Approve some labels first, or name a folder that holds images with labels.");
    }

    /// <summary>What is learnt from, and what versions are compared on.</summary>
    public PatientSplit Split => split;

    /// <summary>The folder of the trained network; it is there once the run has ended.</summary>
    public string ModelFolder => Path.Combine(folder, "model");

    private string Checkpoints => Path.Combine(folder, "checkpoints");

    /// <summary>Trains, or goes on training, to the last step.</summary>
    /// <param name="report">Called after each step.</param>
    /// <param name="device">Where the network runs.</param>
    /// <param name="turns">How its turns are shared with others; null: not at all.</param>
    /// <param name="cancellation">Ends it after the step in hand; the state is kept.</param>
    /// <returns>The folder of the trained network.</returns>
    /// <exception cref="TrainingException">The loss is no number, the disk is full, or the folder is another run's. The last checkpoint is intact.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end.</exception>
    public string Run(Action<FineTuneProgress> report, torch.Device? device = null, IDeviceTurns? turns = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        turns ??= OwnDevice.Instance;
        try
        {
            KeepPlan();
            var model = turns.Run(() => start.Load(device));
            try
            {
                Train(model, report, turns, cancellation);
                cancellation.ThrowIfCancellationRequested();
                Export(model);
            }
            finally
            {
                model.Dispose();
            }
        }
        catch (IOException e)
        {
            throw new TrainingException($"The run cannot go on: {e.Message} Make room and resume: the last checkpoint is intact.", e);
        }

        return ModelFolder;
    }

    /// <summary>Deletes what the run would go on from; curves and the trained network stay.</summary>
    public void DeleteState()
    {
        if (Directory.Exists(Checkpoints))
            Directory.Delete(Checkpoints, recursive: true);
    }

    private void Train(Sam2Model model, Action<FineTuneProgress> report, IDeviceTurns turns, CancellationToken cancellation)
    {
        var batches = new LabelledBatches(split.Training, model.Configuration.ImageSize, options.Batches);
        var keeps = Trainer.EncoderRests(options.Trainer.Parts) && options.Batches.Variants > 0;
        using var features = keeps ? new FeatureStore(model, options.Features with { Folder = options.Features.Folder ?? folder }) : null;
        using var trainer = new Trainer(model, batches, options.Trainer, features);
        trainer.Resume(Checkpoints);
        using var log = new TrainingLog(folder, trainer.Step);
        var clock = Stopwatch.StartNew();
        trainer.Run(
            Checkpoints,
            step =>
            {
                log.Add(step);
                report(new(step.Step + 1, options.Trainer.Steps, step, clock.Elapsed.TotalSeconds));
            },
            cancellation,
            turns);
        turns.Run(() =>
        {
            trainer.UseAverage();
            return true;
        });
    }

    /// <summary>Weights with the official keys; adapters are merged already.</summary>
    private void Export(Sam2Model model)
    {
        Directory.CreateDirectory(ModelFolder);
        var known = KnownModel.All.FirstOrDefault(k => k.Name == start.ConfigurationSource);
        File.WriteAllText(Path.Combine(ModelFolder, "config.yaml"), known?.Yaml ?? File.ReadAllText(start.ConfigurationSource));
        using var scope = torch.NewDisposeScope();
        SafetensorsFile.Write(
            Path.Combine(ModelFolder, "weights.safetensors"),
            model.state_dict().ToDictionary(t => t.Key, t => t.Value.detach().to(torch.ScalarType.Float32)),
            new Dictionary<string, string> { ["trained_from"] = start.Sha256 });
    }

    /// <summary>A folder belongs to one plan: resuming with other wishes would end in a network that no plan describes.</summary>
    private void KeepPlan()
    {
        Directory.CreateDirectory(folder);
        var plan = JsonSerializer.Serialize(
            new FineTunePlan(start.Sha256, [.. split.Training.Select(i => i.Name)], [.. split.Validation.Select(i => i.Name)], WithoutRoom()), FineTuneJson.Default.FineTunePlan);
        var path = Path.Combine(folder, PlanName);
        if (!File.Exists(path))
            File.WriteAllText(path, plan);
        else if (File.ReadAllText(path) != plan)
            throw new TrainingException($"The folder holds a run with another network, other images or other options ({PlanName} in it tells which). Name another folder, or ask for what that run was asked for.");
    }

    /// <summary>How much memory a run may take changes nothing of what it learns: it may go on with less.</summary>
    private FineTuneOptions WithoutRoom() => options with { Features = new(), Batches = options.Batches with { CacheBytes = 0 } };
}

/// <summary>How far training is.</summary>
/// <param name="Done">Steps done.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Last">The step that was done last.</param>
/// <param name="Seconds">Since the run began or went on.</param>
public sealed record FineTuneProgress(int Done, int Total, StepReport Last, double Seconds);
