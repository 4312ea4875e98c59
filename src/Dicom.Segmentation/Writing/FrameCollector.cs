using Dicom.Segmentation.Pixels;

namespace Dicom.Segmentation;

/// <summary>Asks the caller for masks, slice by slice, and keeps the frames that are not empty, as they will be stored.</summary>
internal abstract class FrameCollector(SourceSeries source, IReadOnlyList<Segment> segments)
{
    protected SourceSeries Source { get; } = source;

    protected IReadOnlyList<Segment> Segments { get; } = segments;

    protected int Pixels { get; } = source.Rows * source.Columns;

    public List<StoredFrame> Frames { get; } = [];

    /// <summary>Whether two segments share a pixel anywhere.</summary>
    public bool Overlap { get; protected set; }

    public abstract int BitsAllocated { get; }

    public void Collect(MaskReader masks, CancellationToken cancellation)
    {
        var mask = new byte[Pixels];
        for (var slice = 0; slice < Source.Slices.Count; slice++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var segment in Segments)
            {
                if (!masks(segment.Number, slice, mask))
                    continue;
                AddMask(slice, segment.Number, mask);
                mask.AsSpan().Clear();
            }

            EndSlice(slice);
        }
    }

    public void Collect(LabelReader reader, CancellationToken cancellation)
    {
        var labels = new ushort[Pixels];
        var present = new Dictionary<ushort, (int Start, int End)>();
        var known = Segments.Select(segment => (ushort)segment.Number).ToHashSet();
        for (var slice = 0; slice < Source.Slices.Count; slice++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!reader(slice, labels))
                continue;
            LabelPlane.FindLabels(labels, present);
            if (present.Keys.FirstOrDefault(label => !known.Contains(label)) is var unknown and not 0)
                throw new SegmentationException($"Slice {slice} holds label {unknown}, which no segment describes.");
            AddLabels(slice, labels, present);
            EndSlice(slice);
            labels.AsSpan().Clear();
        }
    }

    protected abstract void AddMask(int slice, int segmentNumber, ReadOnlySpan<byte> mask);

    protected abstract void AddLabels(int slice, ReadOnlySpan<ushort> labels, IReadOnlyDictionary<ushort, (int Start, int End)> present);

    protected abstract void EndSlice(int slice);
}
