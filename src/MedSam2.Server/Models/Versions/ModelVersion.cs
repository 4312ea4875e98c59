using System.Text.Json.Serialization;
using MedSam2.Training.FineTuning;

namespace MedSam2.Server.Models.Versions;

/// <summary>A version of the served model, trained from an earlier one. Version 0 is the model that the settings name.</summary>
/// <param name="Number">1, 2, 3 ...</param>
/// <param name="Sha256">Of its weights.</param>
/// <param name="Created">When its training ended.</param>
/// <param name="TrainedFrom">Number of the version that its training began with.</param>
/// <param name="Steps">How long it was trained.</param>
/// <param name="TrainingImages">How many images it learnt from.</param>
/// <param name="Score">How good it is on the validation images; null where there were none.</param>
/// <param name="Against">Number of the version that it was compared with.</param>
/// <param name="AgainstScore">How good that one was on the same images.</param>
internal sealed record ModelVersion(
    int Number,
    string Sha256,
    DateTimeOffset Created,
    int TrainedFrom,
    int Steps,
    int TrainingImages,
    ModelScore? Score,
    int? Against,
    ModelScore? AgainstScore)
{
    /// <summary>How it did beside the version that was served when it was made; null where they were not compared.</summary>
    [JsonIgnore]
    public VersionComparison? Comparison => Against is { } against && Score is not null && AgainstScore is not null ? new(against, Score, AgainstScore) : null;
}

/// <summary>Which version is served, and which were before it.</summary>
/// <param name="Served">Its number.</param>
/// <param name="Before">Numbers of those before it, the last one last.</param>
internal sealed record ServedVersion(int Served, IReadOnlyList<int> Before);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelVersion))]
[JsonSerializable(typeof(ModelScore))]
[JsonSerializable(typeof(ServedVersion))]
[JsonSerializable(typeof(VersionListing))]
internal sealed partial class VersionJson : JsonSerializerContext;
