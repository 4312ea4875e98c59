using System.Globalization;
using System.Text.Json.Nodes;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Errors;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;

namespace MedSam2.Server.FineTuning;

/// <summary>What a training job was asked for, in the words of MONAI Label's clients where they have one.</summary>
/// <param name="Epochs">How often each image has its turn; used where <paramref name="Steps"/> is 0.</param>
/// <param name="Steps">Optimiser steps; 0 takes the epochs.</param>
/// <param name="Options">All else.</param>
/// <param name="Promote">Whether the network may take the present one's place.</param>
internal sealed record TrainParameters(int Epochs, int Steps, FineTuneOptions Options, bool Promote)
{
    public const string EpochsKey = "max_epochs", StepsKey = "steps", RateKey = "learning_rate", PartsKey = "parts", ValidationKey = "val_split", SeedKey = "seed", PromoteKey = "promote";

    private const string Frozen = "frozen encoder", Adapters = "adapters", All = "all";
    private const int DefaultEpochs = 50;
    private static readonly FineTuneOptions Defaults = new();

    /// <summary>What clients show, with the defaults.</summary>
    public static JsonObject Configuration() => new()
    {
        [EpochsKey] = DefaultEpochs,
        [StepsKey] = 0,
        [RateKey] = Defaults.Trainer.LearningRate,
        [PartsKey] = new JsonArray(Frozen, Adapters, All),
        [ValidationKey] = Defaults.ValidationShare,
        [SeedKey] = 0,
        [PromoteKey] = true,
    };

    /// <summary>What is in the parameters and plays no part: clients send much of their own, and a slip of the pen must not go unseen.</summary>
    public static IEnumerable<string> Unknown(JsonObject parameters) => parameters.Select(parameter => parameter.Key)
        .Where(key => !Configuration().ContainsKey(key) && !TaskWishes.Keys.Contains(key) && key is not ("model" or "name" or "client_id" or LabelLoop.LabelsKey));

    /// <exception cref="RequestException">A value cannot be.</exception>
    public static TrainParameters Read(JsonObject parameters)
    {
        var seed = Whole(SeedKey, 0, 0, int.MaxValue);
        var parts = Text(PartsKey, Frozen) switch
        {
            Frozen => TrainedParts.WithoutEncoder,
            Adapters => TrainedParts.Adapters,
            All => TrainedParts.All,
            var other => throw RequestException.BadRequest($"'{PartsKey}' is '{other}', but must be '{Frozen}', '{Adapters}' or '{All}'."),
        };
        var options = Defaults with
        {
            Trainer = Defaults.Trainer with { LearningRate = Number(RateKey, Defaults.Trainer.LearningRate, 1e-9, 1), Parts = parts, Seed = seed },
            Batches = Defaults.Batches with { Seed = seed },
            ValidationShare = Number(ValidationKey, Defaults.ValidationShare, 0, 0.9),
        };
        return new(Whole(EpochsKey, DefaultEpochs, 1, 1_000_000), Whole(StepsKey, 0, 0, 10_000_000), options, Flag(PromoteKey, true));

        double Number(string key, double standard, double least, double most)
        {
            if (parameters[key] is null)
                return standard;
            // Slicer's options are texts.
            var value = parameters[key] is JsonValue json && (json.TryGetValue(out double number) || (json.TryGetValue(out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)))
                ? number
                : double.NaN;
            return value >= least && value <= most
                ? value
                : throw RequestException.BadRequest(string.Create(CultureInfo.InvariantCulture, $"'{key}' must be a number from {least} to {most}."));
        }

        int Whole(string key, int standard, int least, int most) => Number(key, standard, least, most) is var value && value == Math.Floor(value)
            ? (int)value
            : throw RequestException.BadRequest($"'{key}' must be a whole number.");

        string Text(string key, string standard) => parameters[key] switch
        {
            null => standard,
            JsonValue json when json.TryGetValue(out string? text) => text,
            JsonArray { Count: > 0 } list when list[0] is JsonValue json && json.TryGetValue(out string? text) => text, // the choices as they were shown
            _ => throw RequestException.BadRequest($"'{key}' must be a text."),
        };

        bool Flag(string key, bool standard) => parameters[key] switch
        {
            null => standard,
            JsonValue json when json.TryGetValue(out bool flag) => flag,
            JsonValue json when json.TryGetValue(out string? text) && bool.TryParse(text, out var flag) => flag,
            _ => throw RequestException.BadRequest($"'{key}' must be true or false."),
        };
    }

    /// <summary>The whole of a run that has so many images to learn from.</summary>
    public FineTuneOptions For(int trainingImages)
    {
        var steps = Steps > 0 ? Steps : Math.Max(1, Epochs * trainingImages);
        return Options with { Trainer = Options.Trainer with { Steps = steps, WarmUp = Math.Min(Options.Trainer.WarmUp, steps / 5), CheckpointEvery = Math.Clamp(steps / 20, 1, 100) } };
    }
}
