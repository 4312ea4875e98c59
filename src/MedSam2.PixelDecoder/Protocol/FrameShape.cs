namespace MedSam2.PixelDecoder.Protocol;

/// <summary>What a frame's header promises: its size and how its samples are to be stored (PS3.3 C.7.6.3).</summary>
/// <param name="Columns">Pixels of a row.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Samples">Samples of a pixel; they lie together in the decoded frame.</param>
/// <param name="BitsAllocated">1, 8, 16 or 32. Single bits are packed, the first pixel in the lowest bit.</param>
public readonly record struct FrameShape(int Columns, int Rows, int Samples, int BitsAllocated)
{
    /// <summary>Samples of the frame.</summary>
    public long SampleCount => (long)Columns * Rows * Samples;

    /// <summary>Bytes of the decoded frame.</summary>
    public long FrameBytes => ((SampleCount * BitsAllocated) + 7) / 8;

    public bool IsPossible => Columns is > 0 and <= 65535 && Rows is > 0 and <= 65535 && Samples is > 0 and <= 4 && BitsAllocated is 1 or 8 or 16 or 32;
}
