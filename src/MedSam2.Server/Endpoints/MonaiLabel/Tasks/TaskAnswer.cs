using System.Globalization;
using System.Text.Json.Nodes;
using MedSam2.Server.Jobs;

namespace MedSam2.Server.Endpoints.MonaiLabel.Tasks;

/// <summary>A job as MONAI Label's clients read it, and beyond: how far it is, and which items failed.</summary>
internal sealed class TaskAnswer(JobService jobs)
{
    private const int DetailLines = 20;

    /// <param name="job">The job.</param>
    /// <param name="whole">Whether its result and its failed items are told too.</param>
    /// <param name="cancellation">Ends the looking.</param>
    public async Task<JsonObject> DescribeAsync(JobRecord job, bool whole, CancellationToken cancellation)
    {
        var log = await jobs.LogAsync(job.Id, DetailLines, cancellation);
        // Slicer looks at the last line unasked.
        var lines = log.Count > 0 ? log : [job.State is JobState.Submitted ? "Waiting." : job.Message is "" ? "Started." : job.Message];
        var answer = new JsonObject
        {
            ["id"] = job.Id,
            ["status"] = job.State.ToString().ToUpperInvariant(),
            ["request"] = job.Parameters,
            ["start_ts"] = Text(job.Submitted),
            ["details"] = new JsonArray([.. lines.Select(line => JsonValue.Create(line))]),
            ["done"] = job.Done,
            ["total"] = job.Total,
            ["message"] = job.Message,
        };
        if (job.Ended is { } ended)
            answer["end_ts"] = Text(ended);
        if (job.Metrics.Count > 0)
            answer["metrics"] = new JsonObject([.. job.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)metric.Value))]);
        if (!whole)
            return answer;
        var failed = (await jobs.ItemsAsync(job.Id, cancellation)).Where(item => item.Fault is not null).ToArray();
        if (failed.Length > 0)
            answer["failed"] = new JsonObject([.. failed.Select(item => KeyValuePair.Create(item.Item, (JsonNode?)item.Fault))]);
        if (job.Result is not null)
            answer["result"] = job.Result;
        return answer;
    }

    /// <summary>Coordinated universal time, in the form that clients know.</summary>
    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
