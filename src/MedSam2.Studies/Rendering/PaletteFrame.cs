using FellowOakDicom;
using FellowOakDicom.Imaging;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Rendering;

/// <summary>Frames whose pixels are places in a table of colours (PS3.3 C.7.9).</summary>
internal static class PaletteFrame
{
    public static RenderedFrame Render(DicomDataset header, DicomPixelData pixels, int index)
    {
        var red = new Table(header, DicomTag.RedPaletteColorLookupTableDescriptor, DicomTag.RedPaletteColorLookupTableData);
        var green = new Table(header, DicomTag.GreenPaletteColorLookupTableDescriptor, DicomTag.GreenPaletteColorLookupTableData);
        var blue = new Table(header, DicomTag.BluePaletteColorLookupTableDescriptor, DicomTag.BluePaletteColorLookupTableData);
        if (pixels.BitsAllocated is not (8 or 16))
            throw new SeriesException(SeriesFault.UnsupportedPixels, $"A palette picture of {pixels.BitsAllocated} bits cannot be drawn. Convert it to RGB with 8 bits.");

        var wide = pixels.BitsAllocated == 16;
        var count = pixels.Width * pixels.Height;
        var bytes = ColourFrame.ReadFrame(pixels, index, wide ? count * 2 : count);
        var colour = new byte[count * 4];
        for (var n = 0; n < count; n++)
        {
            var value = wide ? bytes[2 * n] | (bytes[(2 * n) + 1] << 8) : bytes[n];
            colour[4 * n] = red[value];
            colour[(4 * n) + 1] = green[value];
            colour[(4 * n) + 2] = blue[value];
            colour[(4 * n) + 3] = byte.MaxValue;
        }

        return new(pixels.Width, pixels.Height, IsColour: true, colour);
    }

    /// <summary>One colour's table; values outside of it take its ends.</summary>
    private readonly struct Table
    {
        private readonly byte[] _values;
        private readonly int _first;

        public Table(DicomDataset header, DicomTag descriptor, DicomTag data)
        {
            // The first mapped value may be signed (US or SS); the number of entries 65536 is written as 0.
            if (!header.TryGetValues<ushort>(descriptor, out var shape) || shape.Length < 3 || header.GetDicomItem<DicomElement>(data) is not { } element)
                throw new SeriesException(SeriesFault.UnsupportedPixels, "The palette of the picture is missing or segmented. Convert it to RGB with 8 bits.");
            var entries = shape[0] == 0 ? 65536 : shape[0];
            _first = (short)shape[1];
            var bytes = element.Buffer.Data;
            // 16-bit entries keep their high byte; 8-bit entries may be packed or in words.
            var packed = bytes.Length < entries * 2;
            if (bytes.Length < (packed ? entries : entries * 2))
                throw new SeriesException(SeriesFault.DamagedPixels, "The palette of the picture is cut short. Store the instance again.");
            var high = shape[2] == 16 ? 1 : 0;
            _values = new byte[entries];
            for (var n = 0; n < entries; n++)
                _values[n] = packed ? bytes[n] : bytes[(2 * n) + high];
        }

        public byte this[int value] => _values[Math.Clamp(value - _first, 0, _values.Length - 1)];
    }
}
