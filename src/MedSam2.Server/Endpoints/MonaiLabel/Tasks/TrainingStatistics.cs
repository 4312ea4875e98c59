using System.Text.Json.Nodes;
using MedSam2.Server.Jobs;

namespace MedSam2.Server.Endpoints.MonaiLabel.Tasks;

/// <summary>
/// How the last training of each trainer is: <c>train_stats</c> of <c>/info/</c>. A job's items are epochs; its metric
/// <c>best_metric</c> is what clients show, and all its metrics are told under <c>train.metrics</c>. A job that has ended has a
/// <c>total_time</c>, and adds its result.
/// </summary>
internal sealed class TrainingStatistics(JobService jobs, IEnumerable<TaskMethod> methods, TimeProvider clock)
{
    private const string BestMetric = "best_metric";

    public async Task<JsonObject> ReadAsync(CancellationToken cancellation)
    {
        var answer = new JsonObject();
        foreach (var trainer in methods.Where(method => method.Kind == TaskMethod.Train))
            answer[trainer.Name] = new JsonObject();
        if (answer.Count == 0)
            return answer;
        foreach (var job in await jobs.ListAsync(TaskMethod.Train, cancellation))
        {
            // Oldest first, so that the last one stays.
            if (job.State is not JobState.Submitted && job.Parameters["model"] is JsonValue value && value.TryGetValue(out string? name) && answer.ContainsKey(name))
                answer[name] = Describe(job);
        }

        return answer;
    }

    private JsonObject Describe(JobRecord job)
    {
        var time = ((job.Ended ?? clock.GetUtcNow()) - job.Submitted).ToString(@"d\.hh\:mm\:ss", System.Globalization.CultureInfo.InvariantCulture);
        var statistics = new JsonObject
        {
            ["epoch"] = job.Done,
            ["total_epochs"] = job.Total,
            [BestMetric] = job.Metrics.GetValueOrDefault(BestMetric),
            ["start_ts"] = job.Submitted.ToUnixTimeSeconds(),
            [job.HasEnded ? "total_time" : "current_time"] = time,
            ["train"] = new JsonObject { ["metrics"] = new JsonObject([.. job.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)metric.Value))]) },
        };
        foreach (var (key, value) in job.Result as JsonObject ?? [])
            statistics[key] = value?.DeepClone();
        return statistics;
    }
}
