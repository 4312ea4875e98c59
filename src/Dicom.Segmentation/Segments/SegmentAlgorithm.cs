namespace Dicom.Segmentation;

/// <summary>Segment Algorithm Type (0062,0008).</summary>
public enum SegmentAlgorithmType
{
    Manual,
    SemiAutomatic,
    Automatic,
}

/// <summary>How a segment came to be.</summary>
/// <param name="Type">By hand, by hand and program, or by program.</param>
/// <param name="Name">The program's name, at most 64 characters; needed unless by hand.</param>
public sealed record SegmentAlgorithm(SegmentAlgorithmType Type, string? Name = null)
{
    public static readonly SegmentAlgorithm Manual = new(SegmentAlgorithmType.Manual);

    public AlgorithmIdentification? Identification { get; init; }
}

/// <summary>Segmentation Algorithm Identification Sequence (0062,0007).</summary>
public sealed record AlgorithmIdentification(string Name, string Version)
{
    public CodedConcept Family { get; init; } = CodedConcept.ArtificialIntelligence;

    /// <summary>Who made it.</summary>
    public string? Source { get; init; }

    /// <summary>Its settings in words, such as the hash of its weights.</summary>
    public string? Parameters { get; init; }
}
