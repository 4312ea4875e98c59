using FellowOakDicom;

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

    /// <summary>
    /// Decodes a compressed frame (dataset, frame from 0) where the DICOM library has no codec: the bytes of the uncompressed
    /// frame, starting at a byte, or null to leave it to the library. Deflated and RLE frames need none.
    /// </summary>
    public Func<DicomDataset, int, byte[]?>? DecodeFrame { get; init; }
}
