using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>Any JPEG of ITU-T T.81 in Huffman codes.</summary>
internal static class JpegDecoding
{
    public static DecodeAnswer Decode(ReadOnlyMemory<byte> code, FrameShape shape)
    {
        var header = JpegHeader.Read(code.Span);
        DecodeException.RequireShape(shape, header.Columns, header.Rows, header.Components.Length, header.Precision);
        return header.Process == JpegProcess.Lossless
            ? DecodeAnswer.Of(LosslessJpeg.Decode(code.Span, header, shape))
            : DecodeAnswer.Of(DctJpeg.Decode(code, header, shape), header.Colours);
    }
}
