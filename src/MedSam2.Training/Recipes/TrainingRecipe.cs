using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Inference;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.Recipes;

/// <summary>How a network is trained on synthetic scenes, stage by stage: a JSON file, so that the embedded model can be made again.</summary>
/// <param name="Stages">One after the other; each starts from the moving average of the one before.</param>
public sealed record TrainingRecipe(IReadOnlyList<RecipeStage> Stages)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, // a misspelt name must not become a default
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Steps between looks at the validation scenes.</summary>
    public int ValidateEvery { get; init; } = 250;

    /// <summary>At the end the occlusion head's threshold is set by the validation scenes (other sequences than those that are reported).</summary>
    public bool CalibrateOcclusion { get; init; }

    /// <summary>What the network is validated on, always the same: never a seed of a stage.</summary>
    public ValidationOptions Validation { get; init; } = new();

    /// <exception cref="TrainingException">The file is no recipe; the message says where.</exception>
    public static TrainingRecipe Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var recipe = JsonSerializer.Deserialize<TrainingRecipe>(file, Format) ?? throw new JsonException("The file is empty.");
            return recipe.Checked(Path.GetFileName(path));
        }
        catch (JsonException exception)
        {
            throw new TrainingException($"{Path.GetFileName(path)} is no training recipe: {exception.Message}");
        }
    }

    private TrainingRecipe Checked(string name)
    {
        if (Stages is not { Count: > 0 })
            throw new TrainingException($"{name} has no stages.");
        if (Stages.Select(s => s.Name).Distinct().Count() != Stages.Count || Stages.Any(s => s.Name is not { Length: > 0 } || s.Name == WeightMixture.Start || s.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-')))
            throw new TrainingException($"The stages of {name} need names of letters, digits and '-', each another, none '{WeightMixture.Start}'.");
        if (Stages.FirstOrDefault(s => s.Trainer.Replicas < 1 || s.Trainer.Replicas > s.Trainer.Accumulate) is { } shared)
            throw new TrainingException($"Stage {shared.Name} of {name} has {shared.Trainer.Replicas} replicas for {shared.Trainer.Accumulate} accumulated batches a step: at least one, and no more replicas than batches.");
        foreach (var stage in Stages)
        {
            CheckShare(stage, "bodies", stage.Data.Bodies);
            CheckShare(stage, "closer looks", stage.Data.Closer);
            CheckShare(stage, "strips", stage.Data.Strips);
            CheckTracking($"Stage {stage.Name}", stage.Trainer.Tracking);
        }

        CheckTracking("The validation", Validation.Tracking);

        if (Stages.Any(s => s.Data.Seed == Validation.Data.Seed))
            throw new TrainingException($"A stage of {name} has the validation's seed {Validation.Data.Seed}: it would learn what it is measured by.");
        for (var n = 0; n < Stages.Count; n++)
        {
            string[] earlier = [WeightMixture.Start, .. Stages.Take(n).Select(s => s.Name)];
            if ((Stages[n].Begin?.Fault(earlier) ?? Stages[n].End?.Fault([.. earlier, Stages[n].Name])) is { } fault)
                throw new TrainingException($"A mixture of stage {Stages[n].Name} of {name} {fault}.");
        }

        return this;

        void CheckTracking(string what, TrackingOptions tracking)
        {
            try
            {
                tracking.Validate();
            }
            catch (ArgumentException exception)
            {
                throw new TrainingException($"{what} of {name} cannot track so: {exception.Message}");
            }
        }

        void CheckShare(RecipeStage stage, string what, double share)
        {
            if (share is not (>= 0 and <= 1))
                throw new TrainingException($"Stage {stage.Name} of {name} has {share} as its share of {what}: it must lie in 0 to 1.");
        }
    }
}

/// <summary>One stage of a recipe.</summary>
/// <param name="Name">Letters, digits and '-'; names the stage's folder of checkpoints.</param>
/// <param name="Data">What is seen.</param>
/// <param name="Trainer">How it is learnt.</param>
public sealed record RecipeStage(string Name, SceneBatchOptions Data, TrainerOptions Trainer)
{
    /// <summary>The stage ends after so many steps, before its learning rate has come down; null: after the trainer's last.</summary>
    public int? EndAt { get; init; }

    /// <summary>What the stage begins with, made of what earlier ones ended with; null: what the one before ended with.</summary>
    public WeightMixture? Begin { get; init; }

    /// <summary>What the stage ends with, made of what it learnt (by its own name) and of what earlier ones ended with; null: what it learnt.</summary>
    public WeightMixture? End { get; init; }
}
