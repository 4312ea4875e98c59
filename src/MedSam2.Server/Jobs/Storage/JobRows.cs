namespace MedSam2.Server.Jobs.Storage;

/// <summary>A job. Times are Unix milliseconds.</summary>
internal sealed class JobRow
{
    /// <summary>Rises with every job: the order of arrival.</summary>
    public long Number { get; set; }

    public required string Id { get; set; }

    public required string Kind { get; set; }

    /// <summary>A JSON object.</summary>
    public required string Parameters { get; set; }

    public string? User { get; set; }

    public JobState State { get; set; }

    public long Submitted { get; set; }

    public long? Ended { get; set; }

    public long Done { get; set; }

    public long Total { get; set; }

    /// <summary>A JSON object of numbers.</summary>
    public string Metrics { get; set; } = "{}";

    public string Message { get; set; } = "";

    /// <summary>JSON; null before the end.</summary>
    public string? Result { get; set; }

    /// <summary>JSON that the run keeps its place by.</summary>
    public string? Place { get; set; }

    /// <summary>The run that has it; another one for every run. Null where none has.</summary>
    public string? Owner { get; set; }

    public long LeaseUntil { get; set; }

    /// <summary>Runs that ended without a word.</summary>
    public int Crashes { get; set; }
}

/// <summary>An item that is behind its job.</summary>
internal sealed class JobItemRow
{
    public long JobNumber { get; set; }

    public required string Item { get; set; }

    public string? Fault { get; set; }

    /// <summary>JSON.</summary>
    public string? Result { get; set; }
}

/// <summary>A line of a job's log.</summary>
internal sealed class JobLogRow
{
    public long Number { get; set; }

    public long JobNumber { get; set; }

    public long Time { get; set; }

    public required string Line { get; set; }
}
