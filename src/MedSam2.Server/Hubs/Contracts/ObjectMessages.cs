using MessagePack;

namespace MedSam2.Server.Hubs.Contracts;

/// <summary>An object of a session.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record ObjectInfo
{
    [Key("objectId")]
    public int ObjectId { get; init; }

    [Key("name")]
    public required string Name { get; init; }

    [Key("code")]
    public CodeInfo? Code { get; init; }

    /// <summary><c>#rrggbb</c>, or absent.</summary>
    [Key("colour")]
    public string? Colour { get; init; }

    /// <summary>A locked object refuses changes.</summary>
    [Key("locked")]
    public bool Locked { get; init; }

    /// <summary>What was said of it, slice by slice.</summary>
    [Key("prompts")]
    public required IReadOnlyList<PromptInfo> Prompts { get; init; }

    /// <summary>Slices on which it is.</summary>
    [Key("sliceCount")]
    public int SliceCount { get; init; }
}

/// <summary>A coded concept.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record CodeInfo
{
    /// <summary>Coding scheme designator, such as <c>SCT</c>.</summary>
    [Key("scheme")]
    public string? Scheme { get; init; }

    [Key("value")]
    public string? Value { get; init; }

    [Key("meaning")]
    public string? Meaning { get; init; }
}

/// <summary>What was said of an object on a slice.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record PromptInfo
{
    [Key("plane")]
    public required string Plane { get; init; }

    [Key("index")]
    public int Index { get; init; }

    [Key("points")]
    public required IReadOnlyList<ClickPoint> Points { get; init; }

    [Key("box")]
    public VoxelRange? Box { get; init; }

    /// <summary>Whether the slice was painted by hand.</summary>
    [Key("hasMask")]
    public bool HasMask { get; init; }
}

/// <summary>Names an object.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record ObjectRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>Where the method allows it, absent names all objects.</summary>
    [Key("objectId")]
    public int? ObjectId { get; init; }
}

/// <summary>Renames, codes, colours, locks or unlocks an object; absent fields stay.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record RenameObjectRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    [Key("objectId")]
    public int? ObjectId { get; init; }

    [Key("name")]
    public string? Name { get; init; }

    [Key("code")]
    public CodeInfo? Code { get; init; }

    [Key("colour")]
    public string? Colour { get; init; }

    [Key("locked")]
    public bool? Locked { get; init; }
}

/// <summary>Names a slice of an object.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record SliceRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    [Key("objectId")]
    public int? ObjectId { get; init; }

    /// <summary><c>k</c>, <c>j</c> or <c>i</c>; absent: <c>k</c>.</summary>
    [Key("plane")]
    public string? Plane { get; init; }

    [Key("index")]
    public int? Index { get; init; }
}
