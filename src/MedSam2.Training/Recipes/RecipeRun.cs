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
        var looksBackTo = recipe.Stages.SelectMany(stage => new[] { stage.Begin, stage.End }).OfType<WeightMixture>().SelectMany(mixture => mixture.Parts).SelectMany(part => part.Keys).ToHashSet();
        var ends = new Dictionary<string, IReadOnlyDictionary<string, float[]>>(); // by stage, where a later one looks back to it
        KeepEnd(WeightMixture.Start, start);
        foreach (var stage in recipe.Stages)
        {
            if (cancellation.IsCancellationRequested)
                break;
            if (stage.Begin is { } begin)
                Mix(start, begin, ends);
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
            Copy(model, start);
            KeepEnd(stage.Name, start);
            if (stage.End is { } mixture && trainer.Step >= end)
            {
                Mix(start, mixture, ends);
                Copy(start, model);
                KeepEnd(stage.Name, start);
            }

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

        void KeepEnd(string stage, Sam2Model weights)
        {
            if (looksBackTo.Contains(stage))
                ends[stage] = Values(weights);
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

    private static void Mix(Sam2Model model, WeightMixture mixture, Dictionary<string, IReadOnlyDictionary<string, float[]>> ends)
    {
        using var noGradient = no_grad();
        foreach (var (name, weight) in model.state_dict())
        {
            if (mixture.For(name) is not { } shares)
                continue;
            using var scope = NewDisposeScope();
            var sum = zeros(weight.shape, ScalarType.Float64);
            foreach (var (stage, share) in shares)
                sum.add_(tensor(ends[stage][name], weight.shape).to(ScalarType.Float64), share);
            weight.copy_(sum);
        }
    }

    private static void Copy(Sam2Model from, Sam2Model to)
    {
        using var noGradient = no_grad();
        var values = from.state_dict();
        foreach (var (name, target) in to.state_dict())
            target.copy_(values[name]);
    }
}
