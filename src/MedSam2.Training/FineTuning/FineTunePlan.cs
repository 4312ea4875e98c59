using System.Text.Json.Serialization;

namespace MedSam2.Training.FineTuning;

/// <summary>What a run was asked for, as it lies in its folder.</summary>
internal sealed record FineTunePlan(string StartSha256, IReadOnlyList<string> Training, IReadOnlyList<string> Validation, FineTuneOptions Options);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(FineTunePlan))]
internal sealed partial class FineTuneJson : JsonSerializerContext;
