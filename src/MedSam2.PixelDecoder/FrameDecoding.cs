using MedSam2.PixelDecoder.Jpeg;
using MedSam2.PixelDecoder.Jpeg2000;
using MedSam2.PixelDecoder.JpegLs;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder;

/// <summary>
/// Decodes one frame. To add a family of codes: a member of <see cref="PixelCoding"/>, a decoder here, and its transfer
/// syntaxes in MedSam2.Studies.
/// </summary>
internal static class FrameDecoding
{
    // Decoders index samples with 32 bits.
    private const long MaxSamples = 1 << 29;

    public static DecodeAnswer Answer(DecodeRequest request)
    {
        if (request.Shape.SampleCount > MaxSamples)
            return DecodeAnswer.Failure(DecodeStatus.TooLarge, $"has more than {MaxSamples} samples");
        try
        {
            return request.Coding switch
            {
                PixelCoding.Jpeg => JpegDecoding.Decode(request.Code, request.Shape),
                PixelCoding.JpegLs => CharlsDecoder.Decode(request.Code.Span, request.Shape),
                PixelCoding.Jpeg2000 => OpenJpegDecoder.Decode(request.Code, request.Shape),
                _ => throw DecodeException.Unsupported("is of a family of codes that the decoder does not know"),
            };
        }
        catch (DecodeException e)
        {
            return DecodeAnswer.Failure(e.Status, e.Message);
        }
        catch (OutOfMemoryException)
        {
            return DecodeAnswer.Failure(DecodeStatus.TooLarge, DecodeException.TooLarge().Message);
        }
    }
}
