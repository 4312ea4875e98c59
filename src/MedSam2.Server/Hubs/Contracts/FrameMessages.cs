using MessagePack;

namespace MedSam2.Server.Hubs.Contracts;

/// <summary>What is said about an object on a slice.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record PromptRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>The client's number, 1 to 65,535; an unknown one makes a new object.</summary>
    [Key("objectId")]
    public int? ObjectId { get; init; }

    /// <inheritdoc cref="SliceRequest.Plane"/>
    [Key("plane")]
    public string? Plane { get; init; }

    [Key("index")]
    public int? Index { get; init; }

    [Key("points")]
    public IReadOnlyList<ClickPoint>? Points { get; init; }

    [Key("box")]
    public VoxelRange? Box { get; init; }

    [Key("scribbles")]
    public IReadOnlyList<Scribble>? Scribbles { get; init; }

    /// <summary>A closed outline around the object: voxel indices of its corners.</summary>
    [Key("lasso")]
    public double[][]? Lasso { get; init; }

    /// <summary>The object on this slice as painted by hand, or chosen among alternatives.</summary>
    [Key("mask")]
    public MaskData? Mask { get; init; }

    /// <summary>True forgets what was said on the slice first; absent or false adds to it.</summary>
    [Key("replace")]
    public bool? Replace { get; init; }

    /// <inheritdoc cref="MedSam2.Inference.SlicePrompt.CloserLook"/>
    [Key("closerLook")]
    public bool? CloserLook { get; init; }
}

/// <summary>The answer to a prompt.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record PromptAnswer
{
    [Key("frame")]
    public required MaskFrame Frame { get; init; }

    /// <summary>Other readings of an ambiguous prompt, best first.</summary>
    [Key("alternatives")]
    public required IReadOnlyList<Alternative> Alternatives { get; init; }

    [Key("object")]
    public required ObjectInfo Object { get; init; }

    [Key("history")]
    public required HistoryInfo History { get; init; }
}

/// <summary>Another reading of an ambiguous prompt.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record Alternative
{
    [Key("box")]
    public required int[] Box { get; init; }

    [Key("runs")]
    public required byte[] Runs { get; init; }

    [Key("iou")]
    public float Iou { get; init; }
}

/// <summary>Carries objects through the volume.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record PropagateRequest
{
    [Key("sessionId")]
    public string? SessionId { get; init; }

    /// <summary>Absent or empty: all that are not locked.</summary>
    [Key("objectIds")]
    public IReadOnlyList<int>? ObjectIds { get; init; }

    /// <inheritdoc cref="SliceRequest.Plane"/>
    [Key("plane")]
    public string? Plane { get; init; }

    /// <summary><c>both</c> (also where absent), <c>up</c> or <c>down</c>.</summary>
    [Key("direction")]
    public string? Direction { get; init; }

    /// <summary>At most so many slices each way; absent: to the end.</summary>
    [Key("count")]
    public int? Count { get; init; }

    /// <summary>First slice, inclusive.</summary>
    [Key("first")]
    public int? First { get; init; }

    /// <summary>Last slice, inclusive.</summary>
    [Key("last")]
    public int? Last { get; init; }

    /// <inheritdoc cref="SegmentationOptions.Orientations"/>
    [Key("orientations")]
    public string? Orientations { get; init; }

    /// <summary>The slice that the person looks at.</summary>
    [Key("view")]
    public int? View { get; init; }

    /// <summary>The last sequence number that the client has.</summary>
    [Key("resumeFrom")]
    public long? ResumeFrom { get; init; }
}

/// <summary>An object on a slice. It replaces what the client holds for that object, plane and index.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record MaskFrame
{
    /// <summary>Dense within a session.</summary>
    [Key("sequence")]
    public long Sequence { get; init; }

    [Key("objectId")]
    public int ObjectId { get; init; }

    [Key("plane")]
    public required string Plane { get; init; }

    [Key("index")]
    public int Index { get; init; }

    /// <inheritdoc cref="MaskData.Box"/>
    [Key("box")]
    public required int[] Box { get; init; }

    /// <inheritdoc cref="MaskData.Runs"/>
    [Key("runs")]
    public required byte[] Runs { get; init; }

    /// <summary>The network's own estimate, 0 to 1.</summary>
    [Key("iou")]
    public float Iou { get; init; }

    /// <summary>Probability that the object is on the slice at all.</summary>
    [Key("presence")]
    public float Presence { get; init; }

    /// <summary>From 1; rises where several orientations give slices again.</summary>
    [Key("pass")]
    public int Pass { get; init; }

    [Key("passes")]
    public int Passes { get; init; }

    /// <summary>Whether a person spoke about this slice: propagation leaves it as it is.</summary>
    [Key("pinned")]
    public bool Pinned { get; init; }

    /// <summary>Slices of this propagation that are known, over all its objects.</summary>
    [Key("done")]
    public int Done { get; init; }

    [Key("total")]
    public int Total { get; init; }
}

/// <summary>What a call changed.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record Change
{
    [Key("frames")]
    public required IReadOnlyList<MaskFrame> Frames { get; init; }

    /// <summary>The objects that are not what they were.</summary>
    [Key("objects")]
    public required IReadOnlyList<ObjectInfo> Objects { get; init; }

    /// <summary>Ids of the objects that are gone, with all their frames.</summary>
    [Key("removed")]
    public required int[] Removed { get; init; }

    [Key("history")]
    public required HistoryInfo History { get; init; }
}

/// <summary>All that there is.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record SessionState
{
    [Key("sequence")]
    public long Sequence { get; init; }

    [Key("objects")]
    public required IReadOnlyList<ObjectInfo> Objects { get; init; }

    [Key("frames")]
    public required IReadOnlyList<MaskFrame> Frames { get; init; }

    [Key("history")]
    public required HistoryInfo History { get; init; }
}

/// <summary>Where orientations disagree about an object.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record UncertaintyAnswer
{
    [Key("width")]
    public int Width { get; init; }

    [Key("height")]
    public int Height { get; init; }

    /// <summary>A byte a pixel, 0 to 255 for a spread of 0 to 0.5; empty where it is not known.</summary>
    [Key("values")]
    public required byte[] Values { get; init; }
}
