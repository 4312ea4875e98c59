using FellowOakDicom.IO.Buffer;

namespace Dicom.Segmentation.Pixels;

/// <summary>Frames that lie in the file one after the other without a gap, even within a byte.</summary>
internal sealed class NativeFramePixels : FramePixels
{
    private readonly IByteBuffer _buffer;

    public NativeFramePixels(IByteBuffer buffer, int frames, int pixels, int bitsAllocated)
        : base(pixels, bitsAllocated)
    {
        var needed = (((long)frames * pixels * bitsAllocated) + 7) / 8;
        if (buffer.Size < needed)
            throw new SegmentationException($"Pixel Data has {buffer.Size} bytes where {frames} frames need {needed}.");
        _buffer = buffer;
    }

    public override int Read(int frame, byte[] bytes)
    {
        var firstBit = (long)frame * Pixels * BitsAllocated;
        // Whole 16-bit words, for a big-endian buffer swaps within those.
        var offset = firstBit / 16 * 2;
        var end = (firstBit + ((long)Pixels * BitsAllocated) + 15) / 16 * 2;
        _buffer.GetByteRange(offset, (int)(Math.Min(end, _buffer.Size) - offset), bytes);
        var skipped = (int)(firstBit - (offset * 8));
        if (skipped < 8)
            return skipped;
        bytes.AsSpan(1).CopyTo(bytes);
        return skipped - 8;
    }
}
