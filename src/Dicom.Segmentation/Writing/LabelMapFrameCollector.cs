using System.Buffers.Binary;
using Dicom.Segmentation.Pixels;

namespace Dicom.Segmentation;

/// <summary>The segments' numbers of a slice in one frame, in 8 bits where the numbers fit, else in 16.</summary>
internal sealed class LabelMapFrameCollector(SourceSeries source, IReadOnlyList<Segment> segments)
    : FrameCollector(source, segments)
{
    private readonly ushort[] _merged = new ushort[source.Rows * source.Columns];
    private readonly byte[] _frame =
        new byte[source.Rows * source.Columns * (segments.Any(segment => segment.Number > byte.MaxValue) ? 2 : 1)];

    public override int BitsAllocated => 8 * _frame.Length / Pixels;

    protected override void AddMask(int slice, int segmentNumber, ReadOnlySpan<byte> mask)
    {
        if (!LabelPlane.TryPaint(mask, (ushort)segmentNumber, _merged, out var other))
            throw new SegmentationException(
                $"Segments {other} and {segmentNumber} overlap on slice {slice}; a label map cannot store that, BINARY can.");
    }

    protected override void AddLabels(int slice, ReadOnlySpan<ushort> labels, IReadOnlyDictionary<ushort, (int Start, int End)> present) =>
        labels.CopyTo(_merged);

    protected override void EndSlice(int slice)
    {
        if (BitsAllocated == 8)
        {
            LabelPlane.Narrow(_merged, _frame);
        }
        else
        {
            for (var pixel = 0; pixel < _merged.Length; pixel++)
                BinaryPrimitives.WriteUInt16LittleEndian(_frame.AsSpan(2 * pixel), _merged[pixel]);
        }

        if (StoredFrame.TryKeep(slice, 0, _frame, out var kept))
            Frames.Add(kept);
        _merged.AsSpan().Clear();
    }
}
