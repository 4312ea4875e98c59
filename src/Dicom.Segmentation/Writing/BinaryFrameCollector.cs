using Dicom.Segmentation.Pixels;

namespace Dicom.Segmentation;

/// <summary>A bit plane for each segment and slice.</summary>
internal sealed class BinaryFrameCollector(SourceSeries source, IReadOnlyList<Segment> segments)
    : FrameCollector(source, segments)
{
    private readonly byte[] bits = new byte[BitPlane.ByteCount(source.Rows * source.Columns)];
    private readonly byte[] union = new byte[BitPlane.ByteCount(source.Rows * source.Columns)];

    public override int BitsAllocated => 1;

    protected override void AddMask(int slice, int segmentNumber, ReadOnlySpan<byte> mask)
    {
        BitPlane.Pack(mask, bits);
        if (StoredFrame.TryKeep(slice, segmentNumber, bits, out var frame))
        {
            Frames.Add(frame);
            Overlap |= BitPlane.Unite(union, bits);
        }
    }

    protected override void AddLabels(int slice, ReadOnlySpan<ushort> labels, IReadOnlyCollection<ushort> present)
    {
        foreach (var label in present)
        {
            BitPlane.PackLabel(labels, label, bits);
            if (StoredFrame.TryKeep(slice, label, bits, out var frame))
                Frames.Add(frame);
        }
    }

    protected override void EndSlice(int slice) => union.AsSpan().Clear();
}
