using System.Text.Json.Nodes;

namespace MedSam2.Server.Jobs;

/// <summary>Where a job is. The names are those of MONAI Label's tasks.</summary>
internal enum JobState
{
    /// <summary>It waits for its turn.</summary>
    Submitted,

    Running,

    /// <summary>It ran to its end; some items may have failed.</summary>
    Done,

    Error,

    /// <summary>Somebody stopped it.</summary>
    Stopped,
}

/// <summary>What is known of a job.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="Kind">The <see cref="IJobKind.Name"/>.</param>
/// <param name="Parameters">What it was started with; a copy.</param>
/// <param name="User">Who started it; null where nobody is logged in.</param>
/// <param name="State">Where it is.</param>
/// <param name="Submitted">When it was started by its user.</param>
/// <param name="Ended">When it ended; null before.</param>
/// <param name="Done">Items that are behind it, failed ones too.</param>
/// <param name="Total">Items in all; 0 while that is unknown.</param>
/// <param name="Metrics">Its last numbers, by name.</param>
/// <param name="Message">Its last word: what it does, or why it failed.</param>
/// <param name="Result">What it gave; null before its end.</param>
internal sealed record JobRecord(
    string Id,
    string Kind,
    JsonObject Parameters,
    string? User,
    JobState State,
    DateTimeOffset Submitted,
    DateTimeOffset? Ended,
    long Done,
    long Total,
    IReadOnlyDictionary<string, double> Metrics,
    string Message,
    JsonNode? Result)
{
    public bool HasEnded => State is JobState.Done or JobState.Error or JobState.Stopped;
}

/// <summary>An item of a job that is behind it.</summary>
/// <param name="Item">Its name among the job's items.</param>
/// <param name="Fault">Why it failed; null where it did not.</param>
/// <param name="Result">What it gave.</param>
internal sealed record JobItem(string Item, string? Fault, JsonNode? Result);
