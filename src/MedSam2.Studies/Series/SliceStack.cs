using System.Globalization;
using MedSam2.Imaging.Geometry;

namespace MedSam2.Studies.Series;

/// <summary>
/// Orders slices along their normal (row direction x column direction, ascending) and tells whether they make one even
/// grid. Nothing is resampled: what is not a grid is refused.
/// </summary>
internal static class SliceStack
{
    /// <summary>Finds the grid of the slices, given as they came and all of the same size.</summary>
    /// <returns>The grid, and for each k the index of its slice as it came.</returns>
    /// <exception cref="SeriesException">The slices are not one grid.</exception>
    public static (VolumeGeometry Geometry, int[] Order) Arrange(IReadOnlyList<SlicePlane> planes, int columns, int rows, StackTolerance tolerance)
    {
        var first = planes[0];
        RequireSamePlane(planes, tolerance);

        var normal = first.Normal;
        var depth = planes.Select(p => p.Position.Dot(normal)).ToArray();
        var order = Enumerable.Range(0, planes.Count).OrderBy(n => depth[n]).ThenBy(n => n).ToArray();
        var step = planes.Count == 1
            ? normal * (first.Thickness ?? 1)
            : RequireEvenGrid(order.Select(n => planes[n].Position).ToArray(), normal, Math.Min(first.BetweenColumns, first.BetweenRows), tolerance);

        var affine = new Affine(first.RowDirection * first.BetweenColumns, first.ColumnDirection * first.BetweenRows, step, planes[order[0]].Position);
        return (new VolumeGeometry(columns, rows, planes.Count, affine), order);
    }

    /// <summary>
    /// The grid of pictures that follow each other at one place: the third axis counts frames, a millimetre each. Without a place,
    /// the first pixel is the origin and pixels are as large as the header says, or a millimetre.
    /// </summary>
    /// <returns>The grid, and the order, which stays as it is.</returns>
    public static (VolumeGeometry Geometry, int[] Order) Lay(SliceToRead first, int count)
    {
        var affine = first.Header.Plane is { } plane
            ? new Affine(plane.RowDirection * plane.BetweenColumns, plane.ColumnDirection * plane.BetweenRows, plane.Normal, plane.Position)
            : FrameHeader.PixelSize(first.Instance.Header) is var (x, y)
                ? new Affine(new(x, 0, 0), new(0, y, 0), new(0, 0, 1), new(0, 0, 0))
                : Affine.Identity;
        return (new VolumeGeometry(first.Instance.Format.Columns, first.Instance.Format.Rows, count, affine), [.. Enumerable.Range(0, count)]);
    }

    private static void RequireSamePlane(IReadOnlyList<SlicePlane> planes, StackTolerance tolerance)
    {
        var first = planes[0];
        var turned = planes.Count(p =>
            (p.RowDirection - first.RowDirection).Length > tolerance.Direction ||
            (p.ColumnDirection - first.ColumnDirection).Length > tolerance.Direction);
        if (turned > 0)
        {
            throw new SeriesException(SeriesFault.MixedOrientations,
                $"{turned} of {planes.Count} slices are turned against the first one, so they are not one stack. Split the series by orientation (a scout is often the odd one).");
        }

        var rescaled = planes.Count(p =>
            Math.Abs(p.BetweenColumns - first.BetweenColumns) > tolerance.PixelSpacing * first.BetweenColumns ||
            Math.Abs(p.BetweenRows - first.BetweenRows) > tolerance.PixelSpacing * first.BetweenRows);
        if (rescaled > 0)
        {
            throw new SeriesException(SeriesFault.MixedSizes,
                $"{rescaled} of {planes.Count} slices have another pixel spacing than the first one. Split the series by pixel spacing.");
        }
    }

    /// <summary>The step from slice to slice, after checking that every slice lies where that step leads.</summary>
    private static Vector3D RequireEvenGrid(Vector3D[] positions, Vector3D normal, double pixel, StackTolerance tolerance)
    {
        var gaps = positions.Zip(positions.Skip(1), (a, b) => (b - a).Dot(normal)).ToArray();
        var typical = Median(gaps);
        var together = gaps.Count(gap => gap < Math.Max(1e-3, 0.01 * typical));
        if (together > 0)
        {
            throw new SeriesException(SeriesFault.DuplicatePositions,
                $"{together} of {positions.Length} slices lie where another one lies. Split the series by phase, echo, time or reconstruction so that each place has one slice.");
        }

        var step = (positions[^1] - positions[0]) / (positions.Length - 1);
        RequireNoShear(positions, normal, step, pixel * tolerance.Drift);

        var gapStep = step.Dot(normal);
        for (var k = 1; k < positions.Length - 1; k++)
        {
            var error = Math.Abs((positions[k] - positions[0]).Dot(normal) - (k * gapStep));
            if (error > tolerance.AllowedGapError(gapStep))
                throw Uneven(gaps, typical, tolerance);
        }

        return step;
    }

    private static void RequireNoShear(Vector3D[] positions, Vector3D normal, Vector3D step, double allowed)
    {
        for (var k = 1; k < positions.Length; k++)
        {
            var offset = positions[k] - positions[0];
            var shift = (offset - (normal * offset.Dot(normal))).Length;
            if (shift <= allowed)
                continue;

            var angle = Math.Acos(Math.Clamp(step.Normalized().Dot(normal), -1, 1)) * 180 / Math.PI;
            throw new SeriesException(SeriesFault.Sheared,
                $"The slices are shifted against each other within their plane, by {Text(shift)} mm at slice {k} (the stack leans by {Text(angle)} degrees, as with a tilted gantry). "
                + "Straighten the series with a resampling tool first; a grid of right angles cannot hold it.");
        }
    }

    private static SeriesException Uneven(double[] gaps, double typical, StackTolerance tolerance)
    {
        var allowed = tolerance.AllowedGapError(typical) * 2;
        var missing = 0;
        var where = 0;
        for (var k = 0; k < gaps.Length; k++)
        {
            var slices = Math.Round(gaps[k] / typical);
            if (slices < 1 || Math.Abs(gaps[k] - (slices * typical)) > allowed)
            {
                return new(SeriesFault.UnevenSpacing,
                    $"The distance between slices changes along the stack: {Text(gaps.Min())} to {Text(gaps.Max())} mm. Split the series where it changes, or resample it first.");
            }

            if (slices > 1 && missing == 0)
                where = k + 1;
            missing += (int)Math.Min(slices - 1, 1_000_000);
        }

        return new(SeriesFault.MissingSlices,
            $"{missing} slices are missing from a stack {Text(typical)} mm apart, the first after slice {where} of {gaps.Length + 1}. Send the whole series.");
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
