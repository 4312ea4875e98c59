using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>What an NRRD header says about one volume.</summary>
public sealed record NrrdHeader
{
    public required VolumeGeometry Geometry { get; init; }

    public required ElementType Type { get; init; }

    public required NrrdEncoding Encoding { get; init; }

    /// <summary>Whether the most significant byte comes first; of no meaning for text and single bytes.</summary>
    public bool BigEndian { get; init; }

    /// <summary>The file beside the header that holds the voxels, or null where they follow the header.</summary>
    public string? DataFile { get; init; }

    public int LineSkip { get; init; }

    /// <summary>Bytes to skip after decompression; -1 means that the voxels are the last bytes.</summary>
    public long ByteSkip { get; init; }

    /// <summary>The <c>key:=value</c> pairs, such as the segment names and colours of a <c>.seg.nrrd</c>.</summary>
    public IReadOnlyDictionary<string, string> KeyValues { get; init; } = new Dictionary<string, string>();
}

/// <summary>How an NRRD file packs its voxels.</summary>
public enum NrrdEncoding
{
    Raw,
    Gzip,
    Ascii,
    Hex,
    Bzip2,
}
