using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>The images that a segmentation is about, as one stack of slices in the caller's order.</summary>
internal sealed class SourceSeries
{
    // Two slices nearer than this (mm) are at one place: a time series, an echo.
    private const double SamePlace = 1e-3;

    private SourceSeries(IReadOnlyList<SourceSlice> slices, int rows, int columns, bool hasGeometry)
    {
        Slices = slices;
        Rows = rows;
        Columns = columns;
        HasGeometry = hasGeometry;
        (StackOrder, IsSpatialStack) = Order(slices, hasGeometry);
    }

    public IReadOnlyList<SourceSlice> Slices { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Whether every slice has its place in the patient.</summary>
    public bool HasGeometry { get; }

    /// <summary>For each slice its rank along the normal, from 0; in the caller's order where the slices are no spatial stack.</summary>
    public IReadOnlyList<int> StackOrder { get; }

    /// <summary>Whether the slices are parallel and each at a place of its own.</summary>
    public bool IsSpatialStack { get; }

    public DicomDataset First => Slices[0].Dataset;

    /// <exception cref="SegmentationException">The images differ in size, study or frame of reference, or some lack their place.</exception>
    public static SourceSeries Of(IReadOnlyList<DicomDataset> source)
    {
        var slices = SourceSlice.Of(source);
        var first = source[0];
        var rows = first.Integer(DicomTag.Rows) ?? 0;
        var columns = first.Integer(DicomTag.Columns) ?? 0;
        if (rows is < 1 or > ushort.MaxValue || columns is < 1 or > ushort.MaxValue)
            throw new SegmentationException("The source image does not say its Rows and Columns.");
        foreach (var image in source)
        {
            if (image.Integer(DicomTag.Rows) != rows || image.Integer(DicomTag.Columns) != columns)
                throw new SegmentationException("The source images differ in Rows or Columns; a segmentation has one size for all frames.");
            if (image.Text(DicomTag.StudyInstanceUID) != first.Text(DicomTag.StudyInstanceUID))
                throw new SegmentationException("The source images belong to different studies.");
            if (image.Text(DicomTag.FrameOfReferenceUID) != first.Text(DicomTag.FrameOfReferenceUID))
                throw new SegmentationException("The source images have different frames of reference.");
        }

        var placed = slices.Count(slice => slice.Plane is not null);
        if (placed != 0 && placed != slices.Count)
            throw new SegmentationException("Some source images have a place in the patient and some have none; segment them apart.");
        return new SourceSeries(slices, rows, columns, placed > 0);
    }

    /// <summary>The even distance between neighbours along the normal, if there is one.</summary>
    public double? SpacingBetweenSlices()
    {
        if (!IsSpatialStack || Slices.Count < 2)
            return null;
        var normal = Slices[0].Plane!.Normal;
        var heights = Slices.Select(slice => slice.Plane!.Position.Dot(normal)).Order().ToArray();
        var step = (heights[^1] - heights[0]) / (heights.Length - 1);
        for (var index = 1; index < heights.Length; index++)
        {
            if (Math.Abs(heights[index] - heights[index - 1] - step) > 0.01 * step)
                return null;
        }

        return Math.Round(step, 6);
    }

    private static (int[] Order, bool Spatial) Order(IReadOnlyList<SourceSlice> slices, bool hasGeometry)
    {
        var asGiven = Enumerable.Range(0, slices.Count).ToArray();
        if (!hasGeometry || slices.Any(slice => !slice.Plane!.IsParallelTo(slices[0].Plane!)))
            return (asGiven, false);

        var normal = slices[0].Plane!.Normal;
        var heights = slices.Select(slice => slice.Plane!.Position.Dot(normal)).ToArray();
        var sorted = asGiven.OrderBy(slice => heights[slice]).ToArray();
        for (var at = 1; at < sorted.Length; at++)
        {
            if (heights[sorted[at]] - heights[sorted[at - 1]] < SamePlace)
                return (asGiven, false);
        }

        var rank = new int[sorted.Length];
        for (var at = 0; at < sorted.Length; at++)
            rank[sorted[at]] = at;
        return (rank, true);
    }
}
