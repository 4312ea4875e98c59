using MessagePack;

namespace MedSam2.Server.Hubs.Contracts;

/// <summary>Makes a stored segmentation the session's objects.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record LoadLabelRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>From <see cref="SessionInfo.Labels"/>.</summary>
    [Key("labelId")]
    public string? LabelId { get; init; }

    /// <summary>A DICOM SEG about the session's series, in place of <see cref="LabelId"/>.</summary>
    [Key("sopInstanceUid")]
    public string? SopInstanceUid { get; init; }
}

/// <summary>Stores objects.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record CommitRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>Absent or empty: all.</summary>
    [Key("objectIds")]
    public IReadOnlyList<int>? ObjectIds { get; init; }

    /// <summary>Names and codes, in place of the objects' own.</summary>
    [Key("labels")]
    public IReadOnlyList<CommitLabel>? Labels { get; init; }

    /// <summary><c>original</c>, <c>final</c> or another; absent: <c>final</c>.</summary>
    [Key("tag")]
    public string? Tag { get; init; }

    /// <summary><c>binary</c> (also where absent) or <c>labelmap</c>.</summary>
    [Key("encoding")]
    public string? Encoding { get; init; }
}

/// <summary>What an object is called in what is stored.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record CommitLabel
{
    [Key("objectId")]
    public int? ObjectId { get; init; }

    [Key("name")]
    public string? Name { get; init; }

    [Key("code")]
    public CodeInfo? Code { get; init; }
}

/// <summary>What was stored.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record StoredLabel
{
    [Key("labelId")]
    public required string LabelId { get; init; }

    [Key("tag")]
    public required string Tag { get; init; }

    /// <summary>Empty for an image that is no DICOM series.</summary>
    [Key("sopInstanceUid")]
    public required string SopInstanceUid { get; init; }

    /// <inheritdoc cref="SopInstanceUid"/>
    [Key("seriesInstanceUid")]
    public required string SeriesInstanceUid { get; init; }

    /// <summary>Where an archive has not taken it yet: why, and what becomes of it.</summary>
    [Key("waiting")]
    public string? Waiting { get; init; }

    /// <summary>Ids of the objects in it.</summary>
    [Key("objects")]
    public required int[] Objects { get; init; }
}

/// <summary>Names a job.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record WatchJobRequest
{
    [Key("jobId")]
    public string? JobId { get; init; }
}

/// <summary>How far a job is.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record JobUpdate
{
    [Key("jobId")]
    public required string JobId { get; init; }

    [Key("kind")]
    public required string Kind { get; init; }

    [Key("state")]
    public required string State { get; init; }

    [Key("done")]
    public long Done { get; init; }

    [Key("total")]
    public long Total { get; init; }

    [Key("metrics")]
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    [Key("message")]
    public required string Message { get; init; }
}
