namespace Dicom.Segmentation;

/// <summary>How a segmentation is laid onto a series.</summary>
public sealed record AlignmentOptions
{
    /// <summary>Millimetres by which a frame's pixels may lie beside a slice's pixels, in and across the plane.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>Whether frames that lie on none of the slices are put aside in <see cref="AlignedSegmentation.UnmatchedFrames"/> instead of refused.</summary>
    public bool AllowUnmatchedFrames { get; init; }
}
