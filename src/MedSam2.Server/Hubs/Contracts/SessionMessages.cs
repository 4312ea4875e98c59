using MessagePack;

namespace MedSam2.Server.Hubs.Contracts;

/// <summary>Opens a session, or joins one.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record OpenSessionRequest
{
    /// <summary>A Series Instance UID, or an id of the datastore.</summary>
    [Key("image")]
    public string? Image { get; init; }

    /// <summary>The session to join or resume; absent: a new one.</summary>
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>Absent: the served model.</summary>
    [Key("model")]
    public string? Model { get; init; }

    [Key("options")]
    public SegmentationOptions? Options { get; init; }

    /// <summary>Who it is, for others and for what is committed.</summary>
    [Key("user")]
    public string? User { get; init; }
}

/// <summary>How a session segments; absent fields have the method's defaults.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record SegmentationOptions
{
    [Key("window")]
    public GreyRange? Window { get; init; }

    /// <summary>A CT window by name, in place of <see cref="Window"/>.</summary>
    [Key("preset")]
    public string? Preset { get; init; }

    /// <summary><c>axial</c>, <c>triplanar</c>, <c>six</c> or <c>auto</c>.</summary>
    [Key("orientations")]
    public string? Orientations { get; init; }

    /// <summary><c>self-sorting</c>, <c>fifo</c>, <c>threshold</c> or <c>released</c>.</summary>
    [Key("bank")]
    public string? Bank { get; init; }

    /// <summary>Memories in the bank, 1 to 64.</summary>
    [Key("capacity")]
    public int? Capacity { get; init; }

    /// <summary>Predicted IoU below which a slice is not remembered, 0 to 1.</summary>
    [Key("threshold")]
    public double? Threshold { get; init; }

    /// <summary><c>expected</c>, <c>stochastic</c> or <c>none</c>; the bank <c>fifo</c> has none.</summary>
    [Key("resampling")]
    public string? Resampling { get; init; }

    /// <summary>Of the resampling, above 0: lower is sharper.</summary>
    [Key("temperature")]
    public double? Temperature { get; init; }

    /// <summary>Of the stochastic resampling: the same seed gives the same masks.</summary>
    [Key("seed")]
    public long? Seed { get; init; }

    /// <summary>Whether objects are also looked at in closer views: better masks for three times the work. Absent: as the server is set.</summary>
    [Key("closerLook")]
    public bool? CloserLook { get; init; }
}

/// <summary>What a client needs to know of its session.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record SessionInfo
{
    [Key("sessionId")]
    public required string SessionId { get; init; }

    [Key("image")]
    public required string Image { get; init; }

    [Key("model")]
    public required string Model { get; init; }

    /// <summary>Of the weights, lower-case hexadecimal.</summary>
    [Key("modelSha256")]
    public required string ModelSha256 { get; init; }

    /// <summary>False where an existing session was joined.</summary>
    [Key("created")]
    public bool Created { get; init; }

    /// <summary>Voxels along i, j, k.</summary>
    [Key("dimensions")]
    public required int[] Dimensions { get; init; }

    /// <summary>Millimetres along i, j, k.</summary>
    [Key("spacing")]
    public required double[] Spacing { get; init; }

    /// <summary>Sixteen numbers, row by row: homogeneous voxel index to LPS in mm.</summary>
    [Key("affine")]
    public required double[] Affine { get; init; }

    /// <summary>What the network sees.</summary>
    [Key("window")]
    public required GreyRange Window { get; init; }

    /// <summary>Whether new objects are seen in closer views, too, where their prompt does not say.</summary>
    [Key("closerLook")]
    public bool CloserLook { get; init; }

    /// <summary>Empty for an image that is no DICOM series.</summary>
    [Key("seriesInstanceUid")]
    public required string SeriesInstanceUid { get; init; }

    /// <summary>SOP Instance UID of each slice; empty for an image that is no DICOM series.</summary>
    [Key("instances")]
    public required IReadOnlyList<string> Instances { get; init; }

    /// <summary>Frame number of each slice, from 1; empty for an image that is no DICOM series.</summary>
    [Key("frames")]
    public required int[] Frames { get; init; }

    [Key("objects")]
    public required IReadOnlyList<ObjectInfo> Objects { get; init; }

    [Key("labels")]
    public required IReadOnlyList<KnownLabel> Labels { get; init; }

    /// <summary>The last frame's number.</summary>
    [Key("sequence")]
    public long Sequence { get; init; }

    [Key("history")]
    public required HistoryInfo History { get; init; }
}

/// <summary>A segmentation of the image that is stored already.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record KnownLabel
{
    /// <summary>What <see cref="LoadLabelRequest.LabelId"/> takes.</summary>
    [Key("id")]
    public required string Id { get; init; }

    [Key("tag")]
    public required string Tag { get; init; }

    [Key("names")]
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Empty for a label that is no DICOM object.</summary>
    [Key("sopInstanceUid")]
    public required string SopInstanceUid { get; init; }
}

/// <summary>What could be undone and redone.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record HistoryInfo
{
    [Key("canUndo")]
    public bool CanUndo { get; init; }

    [Key("canRedo")]
    public bool CanRedo { get; init; }

    /// <summary>What would be undone; empty where nothing would.</summary>
    [Key("undo")]
    public string Undo { get; init; } = "";

    /// <summary>What would be redone; empty where nothing would.</summary>
    [Key("redo")]
    public string Redo { get; init; } = "";
}

/// <summary>Names a session.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record SessionRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }
}

/// <summary>Leaves a session.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record CloseSessionRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>True forgets it; absent or false keeps it for later.</summary>
    [Key("discard")]
    public bool? Discard { get; init; }
}
