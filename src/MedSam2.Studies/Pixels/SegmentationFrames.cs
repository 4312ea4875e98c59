using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Pixels;

/// <summary>Opens segmentations in every transfer syntax: those that the DICOM library lacks go to <see cref="FrameDecoder"/>.</summary>
public static class SegmentationFrames
{
    private static readonly SegmentationReaderOptions Options = new() { DecodeFrame = Decode };

    /// <exception cref="SegmentationException">The dataset is no segmentation, or contradicts itself.</exception>
    public static SegmentationReader Open(DicomDataset dataset) => SegmentationReader.Open(dataset, Options);

    private static byte[]? Decode(DicomDataset dataset, int frame)
    {
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
