using System.Collections.Immutable;
using System.Text.Json;

namespace MedSam2.Server.Jobs;

/// <summary>How far a job is.</summary>
/// <param name="Done">Items behind it.</param>
/// <param name="Total">Items in all; 0 while that is unknown.</param>
/// <param name="Message">What it does, in one line without names of patients.</param>
/// <param name="Metrics">Its last numbers, by name.</param>
internal sealed record JobProgress(long Done, long Total, string Message, ImmutableSortedDictionary<string, double> Metrics)
{
    public static readonly JobProgress None = new(0, 0, "", ImmutableSortedDictionary<string, double>.Empty);

    // JSON has no word for what is no number.
    public string MetricsJson() => JsonSerializer.Serialize(Metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary());

    public static ImmutableSortedDictionary<string, double> ParseMetrics(string json) => JsonSerializer.Deserialize<Dictionary<string, double>>(json)!.ToImmutableSortedDictionary();
}
