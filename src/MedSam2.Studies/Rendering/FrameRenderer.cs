using System.Buffers;
using FellowOakDicom;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Rendering;

/// <summary>Draws single frames: grey through rescale and window, colour through its colour model.</summary>
public static class FrameRenderer
{
    /// <summary>Draws one frame.</summary>
    /// <param name="file">The instance.</param>
    /// <param name="frame">Zero-based.</param>
    /// <param name="window">For grey pictures; null takes the header's, or else all values from the smallest to the largest.</param>
    /// <exception cref="SeriesException">The instance has no such frame, or it cannot be decoded.</exception>
    public static RenderedFrame Render(DicomFile file, int frame, GreyWindow? window = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        var dataset = file.Dataset;
        if (!dataset.Contains(DicomTag.PixelData))
            throw new SeriesException(SeriesFault.NoPixels, "The instance has no pixel data, so there is nothing to draw. Choose an image.");

        var photometric = HeaderValues.Text(dataset, DicomTag.PhotometricInterpretation);
        if (!photometric.StartsWith("MONOCHROME", StringComparison.Ordinal) && photometric.Length > 0)
            return ColourFrame.Render(dataset, frame, photometric);
        if (HeaderValues.UnsignedShort(dataset, DicomTag.BitsAllocated) == 1)
            return SingleBitFrame.Render(dataset, frame);

        var rendered = RenderGrey(dataset, frame, window);
        if (photometric == "MONOCHROME1")
        {
            foreach (ref var pixel in rendered.Pixels.AsSpan())
                pixel = (byte)~pixel;
        }

        return rendered;
    }

    private static RenderedFrame RenderGrey(DicomDataset dataset, int frame, GreyWindow? window)
    {
        var format = PixelFormat.Read(dataset);
        var groups = new FunctionalGroups(dataset, frame);
        var real = FrameHeader.ReadReal(groups, ModalityLut.Read(dataset, format.Signed));
        var count = format.Columns * format.Rows;
        var bytes = ArrayPool<byte>.Shared.Rent(format.FrameBytes);
        var values = ArrayPool<float>.Shared.Rent(count);
        try
        {
            new FrameReader(dataset, format, frame + 1).Read(frame, bytes);
            var grey = values.AsSpan(0, count);
            real.Read(bytes.AsSpan(0, format.FrameBytes), format, grey);
            var pixels = new byte[count];
            (window ?? HeaderWindow(groups) ?? GreyWindow.Spanning(grey)).Apply(grey, pixels);
            return new(format.Columns, format.Rows, IsColour: false, pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(values);
        }
    }

    private static GreyWindow? HeaderWindow(FunctionalGroups groups) => groups.Window() is var (center, width)
        ? new GreyWindow(center, width, HeaderValues.Text(groups[DicomTag.FrameVOILUTSequence], DicomTag.VOILUTFunction) switch
        {
            "SIGMOID" => WindowFunction.Sigmoid,
            "LINEAR_EXACT" => WindowFunction.LinearExact,
            _ => WindowFunction.Linear,
        })
        : null;
}
