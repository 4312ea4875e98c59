namespace Dicom.Segmentation.Pixels;

/// <summary>The bytes of one frame as they will be stored, without the zeros before and after.</summary>
internal readonly record struct StoredFrame(int Slice, int SegmentNumber, int FirstByte, byte[] Bytes)
{
    /// <summary>Keeps what is not zero; false where nothing is.</summary>
    /// <param name="slice">The slice it lies on.</param>
    /// <param name="segmentNumber">What it shows; 0 for a label map.</param>
    /// <param name="frame">The frame, or the part of it outside which all is zero.</param>
    /// <param name="kept">What is to be stored.</param>
    /// <param name="start">Where in the frame that part starts.</param>
    public static bool TryKeep(int slice, int segmentNumber, ReadOnlySpan<byte> frame, out StoredFrame kept, int start = 0)
    {
        var first = frame.IndexOfAnyExcept((byte)0);
        if (first < 0)
        {
            kept = default;
            return false;
        }

        var last = frame.LastIndexOfAnyExcept((byte)0);
        kept = new StoredFrame(slice, segmentNumber, start + first, frame[first..(last + 1)].ToArray());
        return true;
    }
}
