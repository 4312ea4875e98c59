namespace Dicom.Segmentation.Pixels;

/// <summary>The bytes of one frame as they will be stored, without the zeros before and after.</summary>
internal readonly record struct StoredFrame(int Slice, int SegmentNumber, int FirstByte, byte[] Bytes)
{
    /// <summary>Keeps what is not zero; false where nothing is.</summary>
    public static bool TryKeep(int slice, int segmentNumber, ReadOnlySpan<byte> frame, out StoredFrame kept)
    {
        var first = frame.IndexOfAnyExcept((byte)0);
        if (first < 0)
        {
            kept = default;
            return false;
        }

        var last = frame.LastIndexOfAnyExcept((byte)0);
        kept = new StoredFrame(slice, segmentNumber, first, frame[first..(last + 1)].ToArray());
        return true;
    }
}
