using FellowOakDicom;

namespace Dicom.Segmentation.Pixels;

/// <summary>The stored bytes of frames, whatever the transfer syntax; read one frame at a time.</summary>
internal abstract class FramePixels(int pixels, int bitsAllocated)
{
    protected int Pixels { get; } = pixels;

    protected int BitsAllocated { get; } = bitsAllocated;

    /// <summary>Bytes that hold one frame, if it starts at a byte.</summary>
    public int FrameBytes { get; } = (int)((((long)pixels * bitsAllocated) + 7) / 8);

    public static FramePixels Of(DicomDataset dataset, int frames, int pixels, int bitsAllocated, Func<DicomDataset, int, byte[]?>? decode)
    {
        var item = dataset.GetDicomItem<DicomItem>(DicomTag.PixelData);
        return item switch
        {
            DicomFragmentSequence => new CompressedFramePixels(dataset, pixels, bitsAllocated, decode),
            DicomElement element => new NativeFramePixels(element.Buffer, frames, pixels, bitsAllocated),
            _ => throw new SegmentationException("The segmentation has no Pixel Data."),
        };
    }

    /// <summary>
    /// Reads a frame. Where one bit is a pixel, the frame starts at the returned bit of the first byte; 16-bit values are little endian.
    /// </summary>
    /// <param name="frame">From 0.</param>
    /// <param name="bytes">At least <see cref="FrameBytes"/> + 3 bytes; what follows the frame is left as it comes.</param>
    public abstract int Read(int frame, byte[] bytes);
}
