using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Rendering;

/// <summary>Colour frames of eight bits a sample: RGB, YBR_FULL, YBR_FULL_422 and palettes.</summary>
internal static class ColourFrame
{
    /// <exception cref="SeriesException">A colour model or depth that is not known, or damaged pixels.</exception>
    public static RenderedFrame Render(DicomDataset dataset, int frame, string photometric)
    {
        try
        {
            var plain = Plain(dataset, frame, out var index);
            photometric = HeaderValues.Text(plain, DicomTag.PhotometricInterpretation);
            var pixels = DicomPixelData.Create(plain);
            if (photometric == "PALETTE COLOR")
                return PaletteFrame.Render(dataset, pixels, index);
            if (pixels.BitsAllocated != 8 || pixels.SamplesPerPixel != 3)
                throw Unsupported(photometric, pixels);

            var count = pixels.Width * pixels.Height;
            var stored = photometric == "YBR_FULL_422" && !dataset.InternalTransferSyntax.IsEncapsulated;
            var bytes = ReadFrame(pixels, index, stored ? count * 2 : count * 3);
            var colour = stored ? FromHalfChroma(bytes, count) : Interleave(bytes, count, pixels.PlanarConfiguration == PlanarConfiguration.Planar);
            if (photometric is "YBR_FULL" or "YBR_FULL_422")
                ToRgb(colour);
            else if (photometric != "RGB")
                throw Unsupported(photometric, pixels);
            return new(pixels.Width, pixels.Height, IsColour: true, colour);
        }
        catch (DicomCodecException e)
        {
            var syntax = dataset.InternalTransferSyntax.UID;
            throw new SeriesException(SeriesFault.UnsupportedTransferSyntax, $"No decoder for {syntax.Name} ({syntax.UID}) could read the pixels. Convert the instance to Explicit VR Little Endian.", e);
        }
        catch (Exception e) when (PixelFault.Is(e))
        {
            throw new SeriesException(SeriesFault.DamagedPixels, "The colour pixels cannot be read. Store the instance again.", e);
        }
    }

    /// <summary>The brightness of a frame's colours (ITU-R BT.601), one byte a pixel.</summary>
    /// <exception cref="SeriesException">As <see cref="Render"/>.</exception>
    public static void ReadLuminance(DicomDataset dataset, int frame, Span<byte> grey)
    {
        var colour = Render(dataset, frame, HeaderValues.Text(dataset, DicomTag.PhotometricInterpretation)).Pixels;
        for (var n = 0; n < grey.Length; n++)
            grey[n] = (byte)(((299 * colour[4 * n]) + (587 * colour[(4 * n) + 1]) + (114 * colour[(4 * n) + 2]) + 500) / 1000);
    }

    /// <summary>The frame's bytes, after checking that they are there.</summary>
    internal static byte[] ReadFrame(DicomPixelData pixels, int index, int length)
    {
        var element = pixels.Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData);
        var buffer = pixels.GetFrame(index);
        if (length == 0 || element is null || buffer.Size < length || element.Buffer.Size < (long)length * (index + 1))
            throw new SeriesException(SeriesFault.DamagedPixels, $"The pixel data end before frame {index + 1}. Store the whole instance again.");
        var bytes = new byte[length];
        buffer.GetByteRange(0, length, bytes);
        return bytes;
    }

    /// <summary>A dataset with the frame uncompressed, and the frame's place in it.</summary>
    private static DicomDataset Plain(DicomDataset dataset, int frame, out int index)
    {
        if (!dataset.InternalTransferSyntax.IsEncapsulated)
        {
            index = frame;
            return dataset;
        }

        index = 0;
        if (FrameDecoder.Handles(dataset.InternalTransferSyntax))
            return PixelTranscoder.SingleFrame(dataset, frame);
        var single = new DicomDataset(dataset.InternalTransferSyntax).NotValidated();
        foreach (var item in dataset)
        {
            if (item.Tag.Group == 0x0028 && item.Tag != DicomTag.NumberOfFrames)
                single.Add(item);
        }

        DicomPixelData.Create(single, true).AddFrame(DicomPixelData.Create(dataset).GetFrame(frame));
        return new DicomTranscoder(dataset.InternalTransferSyntax, DicomTransferSyntax.ExplicitVRLittleEndian).Transcode(single);
    }

    private static byte[] Interleave(byte[] bytes, int count, bool planar)
    {
        var (step, plane) = planar ? (1, count) : (3, 1);
        var colour = new byte[count * 4];
        for (var n = 0; n < count; n++)
        {
            colour[4 * n] = bytes[n * step];
            colour[(4 * n) + 1] = bytes[(n * step) + plane];
            colour[(4 * n) + 2] = bytes[(n * step) + (2 * plane)];
            colour[(4 * n) + 3] = byte.MaxValue;
        }

        return colour;
    }

    /// <summary>Two pixels share their chroma: Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2).</summary>
    private static byte[] FromHalfChroma(byte[] bytes, int count)
    {
        var colour = new byte[count * 4];
        for (var n = 0; n < count; n++)
        {
            var pair = n / 2 * 4;
            colour[4 * n] = bytes[pair + (n & 1)];
            colour[(4 * n) + 1] = bytes[pair + 2];
            colour[(4 * n) + 2] = bytes[pair + 3];
            colour[(4 * n) + 3] = byte.MaxValue;
        }

        return colour;
    }

    private static void ToRgb(Span<byte> colour)
    {
        for (var n = 0; n < colour.Length; n += 4)
        {
            double y = colour[n], cb = colour[n + 1] - 128.0, cr = colour[n + 2] - 128.0;
            colour[n] = Byte(y + (1.402 * cr));
            colour[n + 1] = Byte(y - (0.344136 * cb) - (0.714136 * cr));
            colour[n + 2] = Byte(y + (1.772 * cb));
        }
    }

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);

    private static SeriesException Unsupported(string photometric, DicomPixelData pixels) => new(
        SeriesFault.UnsupportedPixels, $"A colour picture in {HeaderValues.Shown(photometric)} with {pixels.SamplesPerPixel} samples of {pixels.BitsAllocated} bits cannot be drawn. Convert it to RGB with 8 bits.");
}
