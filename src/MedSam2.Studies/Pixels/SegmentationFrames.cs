using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Pixels;

/// <summary>Lets <see cref="SegmentationReader"/> read segmentations in the transfer syntaxes of <see cref="FrameDecoder"/>.</summary>
public static class SegmentationFrames
{
    /// <summary>For <see cref="SegmentationReaderOptions.DecodeFrame"/>.</summary>
    /// <exception cref="SegmentationException">The frame cannot be decoded.</exception>
    public static byte[]? Decode(DicomDataset dataset, int frame)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (!FrameDecoder.Handles(dataset.InternalTransferSyntax))
            return null;
        try
        {
            return FrameDecoder.Shared.Decode(dataset, frame).Pixels;
        }
        catch (SeriesException e)
        {
            throw new SegmentationException(e.Message, e);
        }
    }
}
