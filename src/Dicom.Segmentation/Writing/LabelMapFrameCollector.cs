using System.Buffers.Binary;
using Dicom.Segmentation.Pixels;

namespace Dicom.Segmentation;

/// <summary>The segments' numbers of a slice in one frame, in 8 bits where the numbers fit, else in 16.</summary>
internal sealed class LabelMapFrameCollector(SourceSeries source, IReadOnlyList<Segment> segments)
    : FrameCollector(source, segments)
{
    private readonly ushort[] merged = new ushort[source.Rows * source.Columns];
    private readonly byte[] frame =
        new byte[source.Rows * source.Columns * (segments.Any(segment => segment.Number > byte.MaxValue) ? 2 : 1)];

    public override int BitsAllocated => 8 * frame.Length / Pixels;

    protected override void AddMask(int slice, int segmentNumber, ReadOnlySpan<byte> mask)
    {
        for (var pixel = 0; pixel < mask.Length; pixel++)
        {
            if (mask[pixel] == 0)
                continue;
            if (merged[pixel] != 0)
                throw new SegmentationException(
                    $"Segments {merged[pixel]} and {segmentNumber} overlap on slice {slice}; a label map cannot store that, BINARY can.");
            merged[pixel] = (ushort)segmentNumber;
        }
    }

    protected override void AddLabels(int slice, ReadOnlySpan<ushort> labels, IReadOnlyCollection<ushort> present) =>
        labels.CopyTo(merged);

    protected override void EndSlice(int slice)
    {
        if (BitsAllocated == 8)
        {
            for (var pixel = 0; pixel < merged.Length; pixel++)
                frame[pixel] = (byte)merged[pixel];
        }
        else
        {
            for (var pixel = 0; pixel < merged.Length; pixel++)
                BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(2 * pixel), merged[pixel]);
        }

        if (StoredFrame.TryKeep(slice, 0, frame, out var kept))
            Frames.Add(kept);
        merged.AsSpan().Clear();
    }
}
