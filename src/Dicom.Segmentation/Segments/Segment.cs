namespace Dicom.Segmentation;

/// <summary>One item of the Segment Sequence (0062,0002).</summary>
/// <param name="Number">Segment Number. BINARY wants 1, 2, 3 ...; LABELMAP any distinct numbers from 1 to 65535.</param>
/// <param name="Label">A name for people, at most 64 characters.</param>
/// <param name="Property">What it is, in codes.</param>
public sealed record Segment(int Number, string Label, SegmentedProperty Property)
{
    public string? Description { get; init; }

    public SegmentAlgorithm Algorithm { get; init; } = SegmentAlgorithm.Manual;

    /// <summary>Recommended Display CIELab Value.</summary>
    public DisplayColour? Colour { get; init; }

    /// <summary>Names the same finding across time points; goes together with <see cref="TrackingUid"/>.</summary>
    public string? TrackingId { get; init; }

    public string? TrackingUid { get; init; }
}
