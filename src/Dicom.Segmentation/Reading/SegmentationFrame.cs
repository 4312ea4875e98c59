namespace Dicom.Segmentation;

/// <summary>One frame of a segmentation.</summary>
/// <param name="Index">From 0.</param>
/// <param name="SegmentNumber">The segment it shows; null in a label map, whose frames show all.</param>
/// <param name="Plane">Where it lies, if the file says so.</param>
/// <param name="Sources">The images it was made from.</param>
public sealed record SegmentationFrame(
    int Index,
    int? SegmentNumber,
    SlicePlane? Plane,
    IReadOnlyList<SourceReference> Sources);

/// <summary>An image, and where it has several frames, the frame.</summary>
public readonly record struct SourceReference(string SopInstanceUid, int? FrameNumber);
