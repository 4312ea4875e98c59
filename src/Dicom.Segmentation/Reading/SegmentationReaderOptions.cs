namespace Dicom.Segmentation;

/// <summary>How to read a segmentation, and the most that a file may ask for.</summary>
public sealed record SegmentationReaderOptions
{
    /// <summary>FRACTIONAL only: the share of the maximum fractional value from which a pixel is inside, above 0 and at most 1.</summary>
    public double FractionalThreshold { get; init; } = 0.5;

    /// <summary>Most frames that a file may have.</summary>
    public int MaxFrames { get; init; } = 1_000_000;

    /// <summary>Most pixels that a frame may have. Readers' buffers grow with it.</summary>
    public int MaxFramePixels { get; init; } = 1 << 26;
}
