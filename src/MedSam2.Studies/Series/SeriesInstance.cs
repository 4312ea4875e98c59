using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>An opened instance: header apart from pixels, so that the header can be kept and the pixels let go.</summary>
internal sealed class SeriesInstance
{
    private static readonly DicomTag[] PixelAttributes =
    [
        DicomTag.SamplesPerPixel, DicomTag.PhotometricInterpretation, DicomTag.PlanarConfiguration, DicomTag.NumberOfFrames, DicomTag.Rows,
        DicomTag.Columns, DicomTag.BitsAllocated, DicomTag.BitsStored, DicomTag.HighBit, DicomTag.PixelRepresentation, DicomTag.ExtendedOffsetTable,
        DicomTag.PixelData, DicomTag.RedPaletteColorLookupTableDescriptor, DicomTag.RedPaletteColorLookupTableData,
        DicomTag.GreenPaletteColorLookupTableDescriptor, DicomTag.GreenPaletteColorLookupTableData,
        DicomTag.BluePaletteColorLookupTableDescriptor, DicomTag.BluePaletteColorLookupTableData,
    ];

    private SeriesInstance(DicomDataset header, PixelFormat format, FrameHeader[] frames, FrameReader pixels)
    {
        Header = header;
        Format = format;
        Frames = frames;
        Pixels = pixels;
    }

    public DicomDataset Header { get; }

    public PixelFormat Format { get; }

    public IReadOnlyList<FrameHeader> Frames { get; }

    public FrameReader Pixels { get; }

    public string StudyInstanceUid => HeaderValues.Text(Header, DicomTag.StudyInstanceUID);

    public string SeriesInstanceUid => HeaderValues.Text(Header, DicomTag.SeriesInstanceUID);

    /// <summary>Whether low values are white (MONOCHROME1).</summary>
    public bool LowIsWhite => HeaderValues.Text(Header, DicomTag.PhotometricInterpretation) == "MONOCHROME1";

    /// <exception cref="SeriesException">The instance is no image, or its header makes no sense.</exception>
    public static SeriesInstance Read(DicomFile file, SeriesLimits limits)
    {
        var dataset = file.Dataset;
        if (!dataset.Contains(DicomTag.PixelData))
        {
            throw file.IsPartial
                ? new SeriesException(SeriesFault.Unreadable, "The file ends before its pixel data. Send the whole file.")
                : new SeriesException(SeriesFault.NoPixels, "The instance has no pixel data, so it is no slice. Leave it out.");
        }

        var format = PixelFormat.Read(dataset);
        var frameCount = (int)(HeaderValues.Decimal(dataset, DicomTag.NumberOfFrames) ?? 1);
        if (frameCount < 1 || frameCount > limits.MaxSlices)
            throw new SeriesException(SeriesFault.TooLarge, $"The instance claims {frameCount} frames; 1 to {limits.MaxSlices} are read. Choose another series.");

        var lut = format.IsColour ? null : ModalityLut.Read(dataset, format.Signed);
        var frames = new FrameHeader[frameCount];
        for (var n = 0; n < frameCount; n++)
        {
            frames[n] = FrameHeader.Read(dataset, n, lut);
            if (format.IsColour)
                frames[n] = frames[n] with { Real = new(1, 0), Window = new(0, byte.MaxValue) };
        }

        var pixels = new DicomDataset(dataset.InternalTransferSyntax).NotValidated();
        var header = new DicomDataset(dataset.InternalTransferSyntax).NotValidated();
        foreach (var item in dataset)
        {
            if (PixelAttributes.Contains(item.Tag))
                pixels.Add(item);
            if (item.Tag != DicomTag.PixelData)
                header.Add(item);
        }

        return new(header, format, frames, new FrameReader(pixels, format, frameCount));
    }
}
