using FellowOakDicom;
using MedSam2.PixelDecoder.Protocol;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Pixels;

/// <summary>
/// Decodes JPEG, JPEG-LS and JPEG 2000 frames in processes of their own with limits: a frame that crashes its decoder
/// costs itself and nothing else. Safe for several threads at once.
/// </summary>
public sealed class FrameDecoder(DecoderLimits limits) : IDisposable
{
    // A code is smaller than this many times its pixels, whatever its overhead.
    private const int MaxCodeShare = 4;
    private const int MaxCodeOverhead = 1 << 20;

    /// <summary>The one that everybody in this process uses unless told otherwise: idle decoders are worth sharing.</summary>
    public static FrameDecoder Shared { get; } = new(DecoderLimits.Default);

    internal DecoderPool Pool { get; } = new(limits);

    /// <summary>Whether frames of this transfer syntax are decoded here and not by the DICOM library.</summary>
    public static bool Handles(DicomTransferSyntax syntax)
    {
        ArgumentNullException.ThrowIfNull(syntax);
        return PixelCodings.Of(syntax) is not null;
    }

    /// <summary>Decodes one frame of a dataset with one of the syntaxes that this class <see cref="Handles"/>.</summary>
    /// <param name="dataset">The instance, or the part of it that describes pixels.</param>
    /// <param name="frame">Zero-based.</param>
    /// <param name="cancellation">Ends the decoder that works on the frame.</param>
    /// <exception cref="SeriesException">The frame cannot be decoded; the message says why and what to do.</exception>
    public DecodedFrame Decode(DicomDataset dataset, int frame, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var syntax = dataset.InternalTransferSyntax;
        var coding = PixelCodings.Of(syntax) ?? throw NoDecoder(syntax);
        var shape = Shape(dataset);
        var answer = Decode(new DecodeRequest(coding, shape, ReadCode(dataset, frame, coding, shape)), frame, syntax, cancellation);
        return new(answer.Pixels, Photometric(HeaderValues.Text(dataset, DicomTag.PhotometricInterpretation), coding, shape.Samples, answer.Colours));
    }

    /// <summary>The code of one frame as it is stored, its fragments joined.</summary>
    /// <param name="dataset">The instance.</param>
    /// <param name="frame">Zero-based.</param>
    /// <exception cref="SeriesException">There is no such frame, or frames cannot be told apart.</exception>
    public byte[] ReadCode(DicomDataset dataset, int frame)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var coding = PixelCodings.Of(dataset.InternalTransferSyntax) ?? throw NoDecoder(dataset.InternalTransferSyntax);
        return ReadCode(dataset, frame, coding, Shape(dataset));
    }

    public void Dispose() => Pool.Dispose();

    private static byte[] ReadCode(DicomDataset dataset, int frame, PixelCoding coding, FrameShape shape)
    {
        var frames = (int)Math.Clamp(HeaderValues.Decimal(dataset, DicomTag.NumberOfFrames) ?? 1, 1, int.MaxValue);
        return FragmentedFrames.Read(dataset, frame, frames, coding, (shape.FrameBytes * MaxCodeShare) + MaxCodeOverhead);
    }

    private DecodeAnswer Decode(DecodeRequest request, int frame, DicomTransferSyntax syntax, CancellationToken cancellation)
    {
        DecodeAnswer answer;
        try
        {
            answer = Pool.Decode(request, cancellation);
        }
        catch (DecoderCrashException e)
        {
            throw Fault(SeriesFault.DamagedPixels, e.Message, "Send the instance again, or uncompressed (Explicit VR Little Endian).", e);
        }

        return answer.Status switch
        {
            DecodeStatus.Decoded => answer,
            DecodeStatus.Damaged => throw Fault(SeriesFault.DamagedPixels, answer.Message, "Send the instance again."),
            DecodeStatus.TooLarge => throw Fault(SeriesFault.TooLarge, answer.Message, "Send the instance uncompressed (Explicit VR Little Endian)."),
            DecodeStatus.LibraryMissing => throw Fault(SeriesFault.UnsupportedTransferSyntax, answer.Message, "Or send the instance uncompressed (Explicit VR Little Endian)."),
            _ => throw Fault(SeriesFault.UnsupportedTransferSyntax, answer.Message, "Send the instance uncompressed (Explicit VR Little Endian)."),
        };

        SeriesException Fault(SeriesFault fault, string what, string mend, Exception? inner = null) =>
            new(fault, $"Frame {frame + 1} in {Name(syntax)} {what}. {mend}", inner);
    }

    private FrameShape Shape(DicomDataset dataset)
    {
        int Number(DicomTag tag) => HeaderValues.UnsignedShort(dataset, tag) ?? throw HeaderValues.Malformed(tag, "is missing");

        var shape = new FrameShape(
            Number(DicomTag.Columns),
            Number(DicomTag.Rows),
            HeaderValues.UnsignedShort(dataset, DicomTag.SamplesPerPixel) ?? 1,
            Number(DicomTag.BitsAllocated));
        if (!shape.IsPossible)
        {
            throw new SeriesException(SeriesFault.UnsupportedPixels,
                $"The picture has {shape.Columns} x {shape.Rows} pixels with {shape.Samples} samples of {shape.BitsAllocated} bits, which no decoder knows. Convert the instance or leave it out.");
        }

        if (shape.FrameBytes > limits.MaxFrameBytes)
            throw new SeriesException(SeriesFault.TooLarge, $"One picture of {shape.Columns} x {shape.Rows} pixels takes {shape.FrameBytes} bytes; at most {limits.MaxFrameBytes} are decoded. Choose another instance.");
        return shape;
    }

    private static string Photometric(string declared, PixelCoding coding, int samples, CodeColours colours)
    {
        if (samples != 3)
            return declared;
        return coding switch
        {
            PixelCoding.Jpeg2000 => declared is "YBR_ICT" or "YBR_RCT" ? "RGB" : declared,
            PixelCoding.Jpeg when declared.StartsWith("YBR_", StringComparison.Ordinal) => "YBR_FULL",
            // A header that says RGB over a JPEG with JFIF's or Adobe's mark of chrominance is a common mistake.
            PixelCoding.Jpeg when colours == CodeColours.LuminanceChrominance => "YBR_FULL",
            _ => declared,
        };
    }

    private static SeriesException NoDecoder(DicomTransferSyntax syntax) =>
        new(SeriesFault.UnsupportedTransferSyntax, $"No decoder for {Name(syntax)}. Send the instance uncompressed (Explicit VR Little Endian).");

    private static string Name(DicomTransferSyntax syntax) => $"{syntax.UID.Name} ({syntax.UID.UID})";
}
