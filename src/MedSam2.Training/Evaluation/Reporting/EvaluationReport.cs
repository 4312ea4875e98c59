using System.Text.Json;
using System.Text.Json.Serialization;

namespace MedSam2.Training.Evaluation.Reporting;

/// <summary>What an evaluation found, with all that is needed to do it again.</summary>
/// <param name="Protocol">Its name.</param>
/// <param name="Model">Name of the network.</param>
/// <param name="Sha256">Of its weights.</param>
/// <param name="Cases">How many images took part.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Summaries">The table.</param>
/// <param name="Rows">Every answer.</param>
/// <param name="Traces">What was followed along the way; empty for most protocols.</param>
public sealed record EvaluationReport(
    string Protocol,
    string Model,
    string Sha256,
    int Cases,
    double Seconds,
    IReadOnlyList<EvaluationSummary> Summaries,
    IReadOnlyList<EvaluationRow> Rows,
    IReadOnlyList<EvaluationTrace> Traces)
{
    /// <summary>Why images took no part, each by its name.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationReport);

    /// <exception cref="JsonException">The text is no such report.</exception>
    public static EvaluationReport FromJson(string json) =>
        JsonSerializer.Deserialize(json, EvaluationJson.Default.EvaluationReport) ?? throw new JsonException("The report is empty.");
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EvaluationReport))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
