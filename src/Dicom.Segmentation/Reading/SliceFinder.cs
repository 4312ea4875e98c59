namespace Dicom.Segmentation;

/// <summary>Finds the slice that a frame lies on: by the image that the frame names, else by position.</summary>
internal sealed class SliceFinder
{
    private readonly SegmentationReader reader;
    private readonly SourceSeries source;
    private readonly double tolerance;
    private readonly Dictionary<SourceReference, int> byReference = [];
    private readonly bool comparable;

    public SliceFinder(SegmentationReader reader, SourceSeries source, double tolerance)
    {
        this.reader = reader;
        this.source = source;
        this.tolerance = tolerance;
        for (var slice = 0; slice < source.Slices.Count; slice++)
            byReference[new SourceReference(source.Slices[slice].SopInstanceUid, source.Slices[slice].FrameNumber)] = slice;
        var frameOfReference = source.First.Text(FellowOakDicom.DicomTag.FrameOfReferenceUID);
        comparable = reader.FrameOfReferenceUid is null || frameOfReference is null || reader.FrameOfReferenceUid == frameOfReference;
    }

    public (int Slice, PixelGridMap Map)? Find(SegmentationFrame frame)
    {
        foreach (var reference in frame.Sources)
        {
            if (SliceOf(reference) is { } slice && MapTo(frame, slice) is { } map)
                return (slice, map);
        }

        return frame.Plane is { } plane && comparable && source.HasGeometry ? Nearest(frame, plane) : null;
    }

    private int? SliceOf(SourceReference reference) =>
        byReference.TryGetValue(reference, out var slice)
        // Some writers name frame 1 of a single-frame image.
        || byReference.TryGetValue(reference with { FrameNumber = null }, out slice)
            ? slice
            : null;

    /// <summary>The place decides where the named image is absent, or is one of several that the frame was made from.</summary>
    private (int Slice, PixelGridMap Map)? Nearest(SegmentationFrame frame, SlicePlane plane)
    {
        (int Slice, PixelGridMap Map)? nearest = null;
        var least = double.PositiveInfinity;
        for (var slice = 0; slice < source.Slices.Count; slice++)
        {
            var distance = Math.Abs((source.Slices[slice].Plane!.Position - plane.Position).Dot(plane.Normal));
            if (distance < least && distance <= tolerance && MapTo(frame, slice) is { } map)
                (nearest, least) = ((slice, map), distance);
        }

        return nearest;
    }

    private PixelGridMap? MapTo(SegmentationFrame frame, int slice)
    {
        if (source.Slices[slice].Plane is { } plane && frame.Plane is { } own)
            return PixelGridMap.Between(plane, source.Rows, source.Columns, own, tolerance);
        return source.Rows == reader.Rows && source.Columns == reader.Columns ? PixelGridMap.Identity : null;
    }
}
