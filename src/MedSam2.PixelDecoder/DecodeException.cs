using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder;

/// <summary>A frame cannot be decoded. The message is the end of a sentence that begins with the frame.</summary>
internal sealed class DecodeException(DecodeStatus status, string message) : Exception(message)
{
    public DecodeStatus Status { get; } = status;

    public static DecodeException Damaged(string message) => new(DecodeStatus.Damaged, message);

    public static DecodeException Unsupported(string message) => new(DecodeStatus.Unsupported, message);

    public static DecodeException TooLarge() => new(DecodeStatus.TooLarge, "needs more memory than a decoder may take");

    /// <exception cref="DecodeException">The code holds another picture than the header promises.</exception>
    public static void RequireShape(FrameShape shape, long columns, long rows, long samples, int precision)
    {
        if (columns != shape.Columns || rows != shape.Rows)
            throw Damaged($"holds {columns} x {rows} pixels where the header says {shape.Columns} x {shape.Rows}");
        if (samples != shape.Samples)
            throw Damaged($"holds {samples} samples a pixel where the header says {shape.Samples}");
        if (precision < 1 || precision > shape.BitsAllocated)
            throw Damaged($"holds samples of {precision} bits where the header allocates {shape.BitsAllocated}");
    }
}
