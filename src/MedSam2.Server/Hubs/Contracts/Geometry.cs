using MessagePack;

namespace MedSam2.Server.Hubs.Contracts;

/// <summary>A click.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record ClickPoint
{
    /// <summary>Voxel indices i, j, k.</summary>
    [Key("at")]
    public double[]? At { get; init; }

    /// <summary>Whether the object is there; absent: it is.</summary>
    [Key("include")]
    public bool? Include { get; init; }
}

/// <summary>A box by the centres of two opposite corner voxels.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record VoxelRange
{
    [Key("min")]
    public double[]? Min { get; init; }

    [Key("max")]
    public double[]? Max { get; init; }
}

/// <summary>An open line over the object, or over what it is not.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record Scribble
{
    /// <summary>Voxel indices i, j, k of each of its points.</summary>
    [Key("line")]
    public double[][]? Line { get; init; }

    /// <inheritdoc cref="ClickPoint.Include"/>
    [Key("include")]
    public bool? Include { get; init; }
}

/// <summary>A mask in the pixels of its plane.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record MaskData
{
    /// <summary>x0, y0, x1, y1; the last two exclusive.</summary>
    [Key("box")]
    public int[]? Box { get; init; }

    /// <summary>Run lengths over the box's pixels as unsigned varints, starting with background.</summary>
    [Key("runs")]
    public byte[]? Runs { get; init; }
}

/// <summary>Ends of a grey window, in the image's own units.</summary>
[MessagePackObject, GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties), Immutable]
public sealed record GreyRange
{
    [Key("low")]
    public double Low { get; init; }

    [Key("high")]
    public double High { get; init; }
}
