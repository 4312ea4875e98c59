using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>How the pixels of a slice are stored (PS3.3 C.7.6.3). Colours are read as their luminance, eight bits.</summary>
internal readonly record struct PixelFormat(int Columns, int Rows, int BitsAllocated, int BitsStored, int HighBit, bool Signed, bool IsColour = false)
{
    public int BytesPerPixel => BitsAllocated / 8;

    public int FrameBytes => Columns * Rows * BytesPerPixel;

    /// <exception cref="SeriesException">The pixels are of a kind that makes no picture.</exception>
    public static PixelFormat Read(DicomDataset dataset)
    {
        var rows = Need(dataset, DicomTag.Rows);
        var columns = Need(dataset, DicomTag.Columns);
        var allocated = Need(dataset, DicomTag.BitsAllocated);
        var stored = HeaderValues.UnsignedShort(dataset, DicomTag.BitsStored) ?? allocated;
        var high = HeaderValues.UnsignedShort(dataset, DicomTag.HighBit) ?? (stored - 1);
        var signed = HeaderValues.UnsignedShort(dataset, DicomTag.PixelRepresentation) == 1;

        var photometric = HeaderValues.Text(dataset, DicomTag.PhotometricInterpretation);
        var samples = HeaderValues.UnsignedShort(dataset, DicomTag.SamplesPerPixel) ?? 1;
        if (rows is 0 || columns is 0)
            throw new SeriesException(SeriesFault.BadHeader, $"The picture has {columns} columns and {rows} rows. Leave the instance out.");
        if (allocated is 1)
            throw new SeriesException(SeriesFault.UnsupportedPixels, "The pixels have 1 bit: it is a segmentation, not an image. Leave the instance out.");
        if (allocated is not (8 or 16 or 32))
            throw Unsupported($"{allocated} bits allocated a pixel");
        if (stored < 1 || stored > allocated || high >= allocated || high < stored - 1)
            throw Unsupported($"bits stored {stored} with high bit {high} in {allocated} bits");
        if ((long)rows * columns * (allocated / 8) * samples > int.MaxValue)
            throw new SeriesException(SeriesFault.TooLarge, $"One picture of {columns} x {rows} pixels is more than the reader takes (2 GB). Choose another series.");
        if (samples != 1 || (photometric.Length > 0 && !photometric.StartsWith("MONOCHROME", StringComparison.Ordinal)))
            return new(columns, rows, 8, 8, 7, Signed: false, IsColour: true);
        return new(columns, rows, allocated, stored, high, signed);
    }

    private static int Need(DicomDataset dataset, DicomTag tag) =>
        HeaderValues.UnsignedShort(dataset, tag) ?? throw HeaderValues.Malformed(tag, "is missing");

    private static SeriesException Unsupported(string what) =>
        new(SeriesFault.UnsupportedPixels, $"The pixels have {what}, which the reader does not know. Convert the series or choose another.");
}
