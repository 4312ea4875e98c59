using Dicom.Segmentation.Pixels;

namespace Dicom.Segmentation;

/// <summary>A bit plane for each segment and slice.</summary>
internal sealed class BinaryFrameCollector(SourceSeries source, IReadOnlyList<Segment> segments)
    : FrameCollector(source, segments)
{
    private readonly byte[] _bits = new byte[BitPlane.ByteCount(source.Rows * source.Columns)];
    private readonly byte[] _union = new byte[BitPlane.ByteCount(source.Rows * source.Columns)];

    public override int BitsAllocated => 1;

    protected override void AddMask(int slice, int segmentNumber, ReadOnlySpan<byte> mask)
    {
        BitPlane.Pack(mask, _bits);
        if (StoredFrame.TryKeep(slice, segmentNumber, _bits, out var frame))
        {
            Frames.Add(frame);
            Overlap |= BitPlane.Unite(_union, _bits);
        }
    }

    protected override void AddLabels(int slice, ReadOnlySpan<ushort> labels, IReadOnlyDictionary<ushort, (int Start, int End)> present)
    {
        foreach (var (label, (start, end)) in present)
        {
            var firstByte = start / 8;
            var part = labels[(firstByte * 8)..end];
            var bits = _bits.AsSpan(0, BitPlane.ByteCount(part.Length));
            BitPlane.PackLabel(part, label, bits);
            if (StoredFrame.TryKeep(slice, label, bits, out var frame, firstByte))
                Frames.Add(frame);
        }
    }

    protected override void EndSlice(int slice) => _union.AsSpan().Clear();
}
