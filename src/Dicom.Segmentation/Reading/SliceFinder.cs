namespace Dicom.Segmentation;

/// <summary>Finds the slice that a frame lies on: by the image that the frame names, else by position.</summary>
internal sealed class SliceFinder
{
    private readonly SegmentationReader _reader;
    private readonly SourceSeries _source;
    private readonly double _tolerance;
    private readonly Dictionary<SourceReference, int> _byReference = [];
    private readonly bool _comparable;

    public SliceFinder(SegmentationReader reader, SourceSeries source, double tolerance)
    {
        _reader = reader;
        _source = source;
        _tolerance = tolerance;
        for (var slice = 0; slice < source.Slices.Count; slice++)
            _byReference[new SourceReference(source.Slices[slice].SopInstanceUid, source.Slices[slice].FrameNumber)] = slice;
        var frameOfReference = source.First.Text(FellowOakDicom.DicomTag.FrameOfReferenceUID);
        _comparable = reader.FrameOfReferenceUid is null || frameOfReference is null || reader.FrameOfReferenceUid == frameOfReference;
    }

    public (int Slice, PixelGridMap Map)? Find(SegmentationFrame frame)
    {
        foreach (var reference in frame.Sources)
        {
            if (SliceOf(reference) is { } slice && MapTo(frame, slice) is { } map)
                return (slice, map);
        }

        return frame.Plane is { } plane && _comparable && _source.HasGeometry ? Nearest(frame, plane) : null;
    }

    private int? SliceOf(SourceReference reference) =>
        _byReference.TryGetValue(reference, out var slice)
        // Some writers name frame 1 of a single-frame image.
        || _byReference.TryGetValue(reference with { FrameNumber = null }, out slice)
            ? slice
            : null;

    /// <summary>The place decides where the named image is absent, or is one of several that the frame was made from.</summary>
    private (int Slice, PixelGridMap Map)? Nearest(SegmentationFrame frame, SlicePlane plane)
    {
        (int Slice, PixelGridMap Map)? nearest = null;
        var least = double.PositiveInfinity;
        for (var slice = 0; slice < _source.Slices.Count; slice++)
        {
            var distance = Math.Abs((_source.Slices[slice].Plane!.Position - plane.Position).Dot(plane.Normal));
            if (distance < least && distance <= _tolerance && MapTo(frame, slice) is { } map)
                (nearest, least) = ((slice, map), distance);
        }

        return nearest;
    }

    private PixelGridMap? MapTo(SegmentationFrame frame, int slice)
    {
        if (_source.Slices[slice].Plane is { } plane && frame.Plane is { } own)
            return PixelGridMap.Between(plane, _source.Rows, _source.Columns, own, _tolerance);
        return _source.Rows == _reader.Rows && _source.Columns == _reader.Columns ? PixelGridMap.Identity : null;
    }
}
