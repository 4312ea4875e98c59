using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Rendering;

/// <summary>Frames of one bit a pixel, as segmentations and overlays have them: black and white.</summary>
public static class SingleBitFrame
{
    internal static RenderedFrame Render(DicomDataset dataset, int frame)
    {
        var packed = ReadPacked(dataset, frame, out var width, out var height);
        var pixels = new byte[width * height];
        for (var n = 0; n < pixels.Length; n++)
            pixels[n] = (packed[n >> 3] >> (n & 7) & 1) == 1 ? byte.MaxValue : byte.MinValue;
        return new(width, height, IsColour: false, pixels);
    }

    /// <param name="dataset">The instance.</param>
    /// <param name="frame">Zero-based.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Number of rows.</param>
    /// <summary>One frame with its first pixel in the lowest bit of the first byte. Stored frames follow each other without a gap, so one may begin in the middle of a byte.</summary>
    /// <exception cref="SeriesException">The frame is compressed, or the pixel data end before it.</exception>
    public static byte[] ReadPacked(DicomDataset dataset, int frame, out int width, out int height)
    {
        width = HeaderValues.UnsignedShort(dataset, DicomTag.Columns) ?? 0;
        height = HeaderValues.UnsignedShort(dataset, DicomTag.Rows) ?? 0;
        if (FrameDecoder.Handles(dataset.InternalTransferSyntax))
            return FrameDecoder.Shared.Decode(dataset, frame).Pixels;
        if (dataset.InternalTransferSyntax.IsEncapsulated || dataset.GetDicomItem<DicomElement>(DicomTag.PixelData) is not { } element)
        {
            var syntax = dataset.InternalTransferSyntax.UID;
            throw new SeriesException(SeriesFault.UnsupportedTransferSyntax, $"Single-bit pixels in {syntax.Name} ({syntax.UID}) cannot be decoded. Convert the instance to Explicit VR Little Endian.");
        }

        var bits = (long)width * height;
        var start = bits * frame;
        if (frame < 0 || element.Buffer.Size * 8 < start + bits)
            throw new SeriesException(SeriesFault.DamagedPixels, $"The pixel data end before frame {frame + 1}. Store the whole instance again.");

        var first = start / 8;
        var source = new byte[((start + bits + 7) / 8) - first + 1];
        element.Buffer.GetByteRange(first, (int)Math.Min(source.Length, element.Buffer.Size - first), source);
        var shift = (int)(start % 8);
        var target = new byte[(bits + 7) / 8];
        for (var n = 0; n < target.Length; n++)
            target[n] = (byte)((source[n] >> shift) | (source[n + 1] << (8 - shift)));
        if (bits % 8 != 0)
            target[^1] &= (byte)((1 << (int)(bits % 8)) - 1);
        return target;
    }
}
