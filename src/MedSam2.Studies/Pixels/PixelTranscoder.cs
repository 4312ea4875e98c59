using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.IO.Buffer;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Pixels;

/// <summary>Whole instances without their compression, in Explicit VR Little Endian.</summary>
public static class PixelTranscoder
{
    private static readonly DicomTag[] OffsetTables = [DicomTag.ExtendedOffsetTable, DicomTag.ExtendedOffsetTableLengths];

    /// <param name="file">In any transfer syntax; it is left as it is.</param>
    /// <param name="cancellation">Stops within a frame.</param>
    /// <exception cref="SeriesException">A frame cannot be decoded.</exception>
    /// <exception cref="DicomException">The DICOM library, which decodes the other syntaxes, cannot.</exception>
    public static DicomFile ToExplicitLittleEndian(DicomFile file, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        var syntax = file.Dataset.InternalTransferSyntax;
        if (!FrameDecoder.Handles(syntax) || !file.Dataset.Contains(DicomTag.PixelData))
            return new DicomTranscoder(syntax, DicomTransferSyntax.ExplicitVRLittleEndian).Transcode(file);

        var frames = (int)Math.Clamp(HeaderValues.Decimal(file.Dataset, DicomTag.NumberOfFrames) ?? 1, 1, int.MaxValue);
        var hasFrameCount = file.Dataset.Contains(DicomTag.NumberOfFrames);
        var plain = Decode(file.Dataset, file.Dataset, 0, frames, cancellation);
        if (!hasFrameCount)
            plain.Remove(DicomTag.NumberOfFrames);
        return new DicomFile(plain);
    }

    /// <summary>The description of the pixels, and one frame of them, uncompressed.</summary>
    /// <exception cref="SeriesException">The frame cannot be decoded.</exception>
    internal static DicomDataset SingleFrame(DicomDataset dataset, int frame) =>
        Decode(dataset, dataset.Where(item => item.Tag.Group == DicomTag.Rows.Group), frame, 1, CancellationToken.None);

    private static DicomDataset Decode(DicomDataset dataset, IEnumerable<DicomItem> kept, int first, int count, CancellationToken cancellation)
    {
        var plain = new DicomDataset(DicomTransferSyntax.ExplicitVRLittleEndian).NotValidated();
        foreach (var item in kept)
        {
            if (item.Tag != DicomTag.PixelData && !OffsetTables.Contains(item.Tag))
                plain.Add(item);
        }

        // One after the other, and memory as they come: a forged number of frames ends at the first that is missing.
        var decoded = new List<byte[]>();
        for (var n = 0; n < count; n++)
        {
            var frame = FrameDecoder.Shared.Decode(dataset, first + n, cancellation);
            decoded.Add(frame.Pixels);
            plain.AddOrUpdate(DicomTag.PhotometricInterpretation, frame.Photometric);
        }

        if (HeaderValues.UnsignedShort(dataset, DicomTag.SamplesPerPixel) > 1)
            plain.AddOrUpdate(DicomTag.PlanarConfiguration, (ushort)PlanarConfiguration.Interleaved);
        if (HeaderValues.UnsignedShort(dataset, DicomTag.BitsAllocated) == 1)
            decoded = [Join(decoded, (long)(HeaderValues.UnsignedShort(dataset, DicomTag.Rows) ?? 0) * (HeaderValues.UnsignedShort(dataset, DicomTag.Columns) ?? 0))];
        var pixels = DicomPixelData.Create(plain, newPixelData: true);
        foreach (var frame in decoded)
            pixels.AddFrame(new MemoryByteBuffer(frame));
        plain.AddOrUpdate(DicomTag.NumberOfFrames, count);
        return plain;
    }

    /// <summary>Frames of single bits, uncompressed, follow each other without a gap (PS3.5 8.1.1).</summary>
    private static byte[] Join(List<byte[]> frames, long bitsPerFrame)
    {
        var joined = new byte[((frames.Count * bitsPerFrame) + 7) / 8];
        for (var n = 0; n < frames.Count; n++)
        {
            var (start, shift) = Math.DivRem(n * bitsPerFrame, 8);
            for (var k = 0; k < frames[n].Length; k++)
            {
                var value = frames[n][k] << (int)shift;
                joined[start + k] |= (byte)value;
                if (value > byte.MaxValue)
                    joined[start + k + 1] |= (byte)(value >> 8);
            }
        }

        return joined;
    }
}
