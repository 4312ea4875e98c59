using MedSam2.Network;
using MedSam2.Network.Checkpoints;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using MedSam2.Training.Logging;
using static TorchSharp.torch;

namespace MedSam2.Training.Recipes;

/// <summary>What a recipe reports after a step.</summary>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Step">What the step did.</param>
/// <param name="Validation">The moving average's score, where it was measured.</param>
public sealed record RecipeReport(string Stage, StepReport Step, ValidationScore? Validation);

/// <summary>Runs a recipe's stages in a folder; a run that was stopped goes on where it was.</summary>
public static class RecipeRun
{
    /// <summary>Where the weights are, in the folder, once a stage is done or the run was stopped.</summary>
    public const string Weights = "weights.safetensors";

    /// <param name="start">The network to start from; it ends as the moving average. A stage may see smaller images than it does.</param>
    /// <param name="recipe">What is done.</param>
    /// <param name="folder">Holds the checkpoints of each stage.</param>
    /// <param name="report">Called after every step.</param>
    /// <param name="cancellation">Stops after the step in hand.</param>
    /// <exception cref="TrainingException">The loss is no number, or the folder is of another recipe.</exception>
    public static void Run(Sam2Model start, TrainingRecipe recipe, string folder, Action<RecipeReport> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(report);
        var begins = new Dictionary<string, IReadOnlyDictionary<string, float[]>>(); // weights that stages began with, where a later one looks back to them
        foreach (var stage in recipe.Stages)
        {
            if (cancellation.IsCancellationRequested)
                break;
            if (recipe.Stages.Any(later => later.MeanSince == stage.Name || later.Keeps?.Since == stage.Name))
                begins.Add(stage.Name, Values(start));
            var checkpoints = Path.Combine(folder, stage.Name);
            using var model = new Sam2Model(start.Configuration with { ImageSize = stage.Data.Size });
            Copy(start, model);
            using var validation = new SceneValidation(recipe.Validation with { Data = ValidationData(stage) });
            using var trainer = new Trainer(model, new SceneBatches(stage.Data), stage.Trainer);
            trainer.Resume(checkpoints);
            var end = Math.Min(stage.EndAt ?? int.MaxValue, stage.Trainer.Steps);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (trainer.Step >= end)
                ended.Cancel();
            using (var log = new TrainingLog(checkpoints, trainer.Step))
            {
                trainer.Run(
                    checkpoints,
                    done =>
                    {
                        log.Add(done);
                        report(new(stage.Name, done, Score(done)));
                        if (done.Step + 1 == end)
                            ended.Cancel();
                    },
                    ended.Token);
            }

            trainer.UseAverage();
            if (stage.MeanSince is { } since && trainer.Step >= end)
                TakeMean(model, begins[since]);
            if (stage.Keeps is { } kept && trainer.Step >= end)
                TakeBack(model, begins[kept.Since], name => !Trainer.IsOf(kept.Parts, name));
            Copy(model, start);
            if (recipe.CalibrateOcclusion && stage == recipe.Stages[^1] && trainer.Step >= end)
            {
                using var other = new SceneValidation(recipe.Validation with { ImageBatches = 0, Sequences = 2 * recipe.Validation.Sequences, Data = ValidationData(stage) with { Seed = recipe.Validation.Data.Seed + 1000 } });
                model.eval();
                OcclusionCalibration.Apply(model, other);
                Copy(model, start);
            }

            SafetensorsFile.Write(Path.Combine(folder, Weights), start.state_dict());

            ValidationScore? Score(StepReport done) => (done.Step + 1) % recipe.ValidateEvery == 0 || done.Step + 1 == end
                ? trainer.WithAverage(validation.Measure)
                : null;
        }

        // Seen as the stage sees its own scenes.
        SceneBatchOptions ValidationData(RecipeStage stage) =>
            recipe.Validation.Data with { Size = stage.Data.Size, LeastField = stage.Data.LeastField, MostField = stage.Data.MostField };
    }

    private static Dictionary<string, float[]> Values(Sam2Model model)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return model.state_dict().ToDictionary(w => w.Key, w => w.Value.cpu().contiguous().data<float>().ToArray());
    }

    private static void TakeMean(Sam2Model model, IReadOnlyDictionary<string, float[]> begin)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in model.state_dict())
            weight.copy_((weight + tensor(begin[name], weight.shape, device: weight.device)) / 2);
    }

    private static void TakeBack(Sam2Model model, IReadOnlyDictionary<string, float[]> begin, Func<string, bool> which)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in model.state_dict().Where(w => which(w.Key)))
            weight.copy_(tensor(begin[name], weight.shape, device: weight.device));
    }

    private static void Copy(Sam2Model from, Sam2Model to)
    {
        using var noGradient = no_grad();
        var values = from.state_dict();
        foreach (var (name, target) in to.state_dict())
            target.copy_(values[name]);
    }
}
