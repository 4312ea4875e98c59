using System.IO.Compression;
using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.IO.Buffer;

namespace Dicom.Segmentation.Pixels;

/// <summary>Encapsulated frames. The caller's decoder or the DICOM library decodes them, one at a time; deflated ones are decoded here.</summary>
internal sealed class CompressedFramePixels(DicomDataset dataset, int pixels, int bitsAllocated, Func<DicomDataset, int, byte[]?>? decode)
    : FramePixels(pixels, bitsAllocated)
{
    // Deflated Image Frame Compression (PS3.5 A.4.13).
    private const string DeflatedImageFrame = "1.2.840.10008.1.2.8.1";

    // No lossless coding of a segmentation makes more of a byte than this; deflate's limit is the highest.
    private const int HighestExpansion = 1032;

    private static readonly DicomTag[] PixelDescription =
    [
        DicomTag.SamplesPerPixel, DicomTag.PhotometricInterpretation, DicomTag.Rows, DicomTag.Columns,
        DicomTag.BitsAllocated, DicomTag.BitsStored, DicomTag.HighBit, DicomTag.PixelRepresentation,
    ];

    public override int Read(int frame, byte[] bytes)
    {
        var syntax = dataset.InternalTransferSyntax;
        try
        {
            if (decode?.Invoke(dataset, frame) is { } decoded)
            {
                decoded.AsSpan(0, FrameBytes).CopyTo(bytes);
                return 0;
            }

            var stored = DicomPixelData.Create(dataset).GetFrame(frame);
            if (stored.Size * HighestExpansion < FrameBytes)
                throw new SegmentationException($"Frame {frame + 1} has {stored.Size} compressed bytes, too few for {FrameBytes}.");
            if (syntax.UID.UID == DeflatedImageFrame)
                Inflate(stored, bytes.AsSpan(0, FrameBytes));
            else
                Decode(stored, syntax).AsSpan(0, FrameBytes).CopyTo(bytes);
            return 0;
        }
        catch (Exception exception) when (exception is not SegmentationException and not OutOfMemoryException)
        {
            throw new SegmentationException(
                $"Frame {frame + 1} cannot be decoded from {syntax.UID.Name} ({syntax.UID.UID}): it is damaged or there is no codec for it.", exception);
        }
    }

    private static void Inflate(IByteBuffer stored, Span<byte> frame)
    {
        using var inflater = new DeflateStream(new MemoryStream(stored.Data), CompressionMode.Decompress);
        inflater.ReadExactly(frame);
    }

    /// <summary>Decodes through a dataset of this one frame: the whole one would be copied for each frame.</summary>
    private byte[] Decode(IByteBuffer stored, DicomTransferSyntax syntax)
    {
        var single = new DicomDataset(syntax).NotValidated();
        single.Add(PixelDescription.Where(dataset.Contains).Select(dataset.GetDicomItem<DicomItem>));
        DicomPixelData.Create(single, true).AddFrame(stored);
        return new DicomTranscoder(syntax, DicomTransferSyntax.ExplicitVRLittleEndian).DecodeFrame(single, 0).Data;
    }
}
