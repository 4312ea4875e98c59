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
        for (var pixel = 0; pixel < mask.Length; pixel++)
        {
            if (mask[pixel] == 0)
                continue;
            if (_merged[pixel] != 0)
                throw new SegmentationException(
                    $"Segments {_merged[pixel]} and {segmentNumber} overlap on slice {slice}; a label map cannot store that, BINARY can.");
            _merged[pixel] = (ushort)segmentNumber;
        }
    }

    protected override void AddLabels(int slice, ReadOnlySpan<ushort> labels, IReadOnlyCollection<ushort> present) =>
        labels.CopyTo(_merged);

    protected override void EndSlice(int slice)
    {
        if (BitsAllocated == 8)
        {
            for (var pixel = 0; pixel < _merged.Length; pixel++)
                _frame[pixel] = (byte)_merged[pixel];
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
