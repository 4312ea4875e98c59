using Dicom.Segmentation.Pixels;

namespace Dicom.Segmentation;

/// <summary>
/// A segmentation as masks of a series' slices. <see cref="ReadMask"/> and <see cref="ReadLabels"/> have the shape that
/// <see cref="SegmentationWriter"/> asks for.
/// </summary>
public sealed class AlignedSegmentation
{
    private readonly SegmentationReader _reader;
    private readonly SourceSeries _source;
    private readonly ILookup<int, Placed> _bySlice;

    internal AlignedSegmentation(SegmentationReader reader, SourceSeries source, AlignmentOptions options)
    {
        _reader = reader;
        _source = source;
        var finder = new SliceFinder(reader, source, options.Tolerance);
        var placed = new List<Placed>(reader.Frames.Count);
        var unmatched = new List<SegmentationFrame>();
        foreach (var frame in reader.Frames)
        {
            if (finder.Find(frame) is var (slice, map))
                placed.Add(new Placed(frame, slice, map));
            else
                unmatched.Add(frame);
        }

        if (unmatched.Count > 0 && (!options.AllowUnmatchedFrames || placed.Count == 0))
            throw new SegmentationException(
                $"{unmatched.Count} of {reader.Frames.Count} frames lie on no slice of the series: it is another series, or the pixels are on another grid.");
        UnmatchedFrames = unmatched;
        _bySlice = placed.ToLookup(frame => frame.Slice);
    }

    /// <summary>Slices of the series, as the caller ordered it.</summary>
    public int SliceCount => _source.Slices.Count;

    /// <summary>Rows of a slice.</summary>
    public int Rows => _source.Rows;

    /// <summary>Columns of a slice.</summary>
    public int Columns => _source.Columns;

    public IReadOnlyList<Segment> Segments => _reader.Segments;

    /// <summary>Frames that lie on none of the slices.</summary>
    public IReadOnlyList<SegmentationFrame> UnmatchedFrames { get; }

    /// <summary>Reads where a segment is on a slice: 1 inside, 0 outside.</summary>
    /// <returns>False, and all zero, where no frame shows the segment on the slice.</returns>
    public bool ReadMask(int segmentNumber, int slice, Span<byte> mask)
    {
        CheckLength(mask.Length);
        mask.Clear();
        byte[]? more = null;
        var found = false;
        foreach (var placed in _bySlice[slice].Where(placed => (placed.Frame.SegmentNumber ?? segmentNumber) == segmentNumber))
        {
            // Several frames of one segment on one slice are united.
            var into = found ? (more ??= new byte[mask.Length]) : mask;
            ReadPlaced(placed, segmentNumber, into);
            for (var pixel = 0; found && pixel < mask.Length; pixel++)
                mask[pixel] |= into[pixel];
            found = true;
        }

        return found;
    }

    /// <summary>Reads the segments' numbers on a slice, 0 where there is none.</summary>
    /// <returns>False, and all zero, where the slice has no frame.</returns>
    /// <exception cref="SegmentationException">Segments overlap on the slice, which one label a pixel cannot show: read masks.</exception>
    public bool ReadLabels(int slice, Span<ushort> labels)
    {
        CheckLength(labels.Length);
        _reader.CheckNoSegmentIsZero();
        labels.Clear();
        var frames = _bySlice[slice].ToArray();
        if (frames is [{ Map: var map } only] && only.Frame.SegmentNumber is null && map == PixelGridMap.Identity && SameSize)
        {
            _reader.ReadLabels(only.Frame, labels);
            return true;
        }

        var mask = new byte[labels.Length];
        foreach (var segment in Segments)
        {
            if (!ReadMask(segment.Number, slice, mask))
                continue;
            if (!LabelPlane.TryPaint(mask, (ushort)segment.Number, labels, out var other))
                throw new SegmentationException($"Segments {other} and {segment.Number} overlap on slice {slice}; read their masks.");
        }

        return frames.Length > 0;
    }

    private bool SameSize => _reader.Rows == Rows && _reader.Columns == Columns;

    private void ReadPlaced(Placed placed, int segmentNumber, Span<byte> mask)
    {
        if (placed.Map == PixelGridMap.Identity && SameSize)
        {
            _reader.ReadMask(placed.Frame, segmentNumber, mask);
            return;
        }

        var frame = new byte[_reader.Rows * _reader.Columns];
        _reader.ReadMask(placed.Frame, segmentNumber, frame);
        var (inFrame, onSlice) = (frame.AsSpan().Count((byte)1), 0);
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                var (x, y) = placed.Map.Apply(column, row);
                var inside = x >= 0 && y >= 0 && x < _reader.Columns && y < _reader.Rows ? frame[(y * _reader.Columns) + x] : (byte)0;
                mask[(row * Columns) + column] = inside;
                onSlice += inside;
            }
        }

        if (onSlice != inFrame)
            throw new SegmentationException($"Frame {placed.Frame.Index + 1} has pixels of segment {segmentNumber} outside the series' slice.");
    }

    private void CheckLength(int length)
    {
        if (length != Rows * Columns)
            throw new ArgumentException($"The span has {length} pixels; a slice has {Rows} x {Columns}.");
    }

    private sealed record Placed(SegmentationFrame Frame, int Slice, PixelGridMap Map);
}
