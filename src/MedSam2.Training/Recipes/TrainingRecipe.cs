using System.Text.Json;
using System.Text.Json.Serialization;
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
        if (Stages.Select(s => s.Name).Distinct().Count() != Stages.Count || Stages.Any(s => s.Name is not { Length: > 0 } || s.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-')))
            throw new TrainingException($"The stages of {name} need names of letters, digits and '-', each another.");
        if (Stages.FirstOrDefault(s => s.Trainer.Replicas < 1 || s.Trainer.Replicas > s.Trainer.Accumulate) is { } shared)
            throw new TrainingException($"Stage {shared.Name} of {name} has {shared.Trainer.Replicas} replicas for {shared.Trainer.Accumulate} accumulated batches a step: at least one, and no more replicas than batches.");
        if (Stages.Any(s => s.Data.Seed == Validation.Data.Seed))
            throw new TrainingException($"A stage of {name} has the validation's seed {Validation.Data.Seed}: it would learn what it is measured by.");
        if (Stages.Index().FirstOrDefault(s => Unknown(s.Item, s.Index) is not null).Item is { } stage)
            throw new TrainingException($"Stage {stage.Name} of {name} looks back to '{Unknown(stage, Stages.Index().First(s => s.Item == stage).Index)}': name it or a stage before it.");
        return this;

        // The stage that it looks back to, where that is neither itself nor one before.
        string? Unknown(RecipeStage stage, int index) =>
            new[] { stage.MeanSince, stage.Keeps?.Since }.FirstOrDefault(since => since is not null && Stages.Take(index + 1).All(earlier => earlier.Name != since));
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

    /// <summary>
    /// At the stage's end the weights become the mean of its own and those that the stage of this name began with; null: they stay its own.
    /// Such a mean forgets less of what was known before (Wortsman et al., "Model soups", 2022).
    /// </summary>
    public string? MeanSince { get; init; }

    /// <summary>At the stage's end, after its mean: what stays of what was learnt; null: all.</summary>
    public KeptParts? Keeps { get; init; }
}

/// <summary>Some parts' weights stay as learnt, all others become again what a stage began with.</summary>
/// <param name="Parts">Which stay.</param>
/// <param name="Since">The name of that stage.</param>
public sealed record KeptParts(TrainedParts Parts, string Since);
