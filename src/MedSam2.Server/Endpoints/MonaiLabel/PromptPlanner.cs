using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Segmentation;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>
/// Sorts a request's points and box by slice. Clients send voxel indices [column, row, slice] of the volume that the server
/// holds, so x is i and y is j: nothing is flipped or swapped.
/// </summary>
internal static class PromptPlanner
{
    /// <exception cref="ParameterException">A point, the box or the slice lies outside the volume.</exception>
    public static PromptPlan Create(InferParameters parameters, InferModel model, VolumeGeometry geometry)
    {
        var foreground = parameters.Foreground.Select(point => Inside(point, "foreground", geometry)).ToArray();
        var background = parameters.Background.Select(point => Inside(point, "background", geometry)).ToArray();
        var box = parameters.Roi is { } roi ? Clip(roi, geometry) : (Box?)null;
        return model.Dimension == 2
            ? OneSlice(foreground, background, box, parameters.Slice, geometry)
            : WholeVolume(foreground, background, box, parameters.Settings, geometry);
    }

    private static PromptPlan OneSlice(Point[] foreground, Point[] background, Box? box, int? shown, VolumeGeometry geometry)
    {
        if (shown is { } slice && box is null && (uint)slice >= (uint)geometry.Slices)
            throw new ParameterException($"'slice' of 'params' is {slice}, but the volume has the slices 0 to {geometry.Slices - 1}.", "body", "params", "slice");
        if (foreground.Length == 0 && box is null)
            return new([], [], null);

        // The slice that a viewer sends beside a box can be millimetres instead of an index, so what was drawn goes first.
        var index = foreground.Length == 0
            ? box!.Value.Middle
            : foreground.Any(point => point.Slice == shown) ? shown!.Value : foreground[^1].Slice;
        return new([OnSlice(index, foreground, background, box)], [], null);
    }

    private static PromptPlan WholeVolume(Point[] foreground, Point[] background, Box? box, ModelSettings settings, VolumeGeometry geometry)
    {
        var boxSlice = box is { } b ? foreground.Where(point => b.Holds(point.Slice)).Select(point => point.Slice).DefaultIfEmpty(b.Middle).First() : -1;
        var prompted = foreground.Select(point => point.Slice).Concat(box is null ? [] : [boxSlice]).Distinct().Order().ToArray();
        if (prompted.Length == 0)
            return new([], [], null);

        var corrected = background.Select(point => point.Slice).Distinct().Except(prompted).Order().ToArray();
        var (first, last) = (0, geometry.Slices - 1);
        if (box is { } limits && limits.K0 < limits.K1)
            (first, last) = (limits.K0, limits.K1);
        if (settings.MaxSlices > 0)
            (first, last) = (Math.Max(first, prompted[0] - settings.MaxSlices), Math.Min(last, prompted[^1] + settings.MaxSlices));
        (first, last) = (Math.Min(first, prompted[0]), Math.Max(last, prompted[^1]));
        return new(
            [.. prompted.Select(index => OnSlice(index, foreground, background, index == boxSlice ? box : null))],
            [.. corrected.Where(index => index >= first && index <= last).Select(index => OnSlice(index, [], background, null))],
            new PropagationRange(SliceAxis.K, first, last) { Orientations = settings.Orientations });
    }

    private static SlicePrompt OnSlice(int index, Point[] foreground, Point[] background, Box? box) => new(
        SliceAxis.K,
        index,
        [
            .. foreground.Where(point => point.Slice == index).Select(point => new PromptPoint(point.X, point.Y, Include: true)),
            .. background.Where(point => point.Slice == index).Select(point => new PromptPoint(point.X, point.Y, Include: false)),
        ],
        box is { } b ? new PromptBox(b.I0, b.J0, b.I1, b.J1) : null);

    private static Point Inside(VoxelPoint point, string list, VolumeGeometry geometry)
    {
        var (i, j, k) = (Math.Round(point.I), Math.Round(point.J), Math.Round(point.K));
        if (i < 0 || j < 0 || k < 0 || i >= geometry.Columns || j >= geometry.Rows || k >= geometry.Slices)
        {
            throw new ParameterException(
                $"'{list}[{point.Number}]' of 'params' is the voxel [{point.I}, {point.J}, {point.K}], outside the volume of {geometry.Columns} x {geometry.Rows} x {geometry.Slices} voxels.",
                "body", "params", list, point.Number);
        }

        return new(point.I, point.J, (int)k);
    }

    private static Box Clip(VoxelBox roi, VolumeGeometry geometry)
    {
        var (i0, i1) = Clip(roi.I0, roi.I1, geometry.Columns);
        var (j0, j1) = Clip(roi.J0, roi.J1, geometry.Rows);
        var (k0, k1) = Clip(roi.K0, roi.K1, geometry.Slices);
        if (i0 > i1 || j0 > j1 || k0 > k1)
        {
            throw new ParameterException(
                $"'roi' of 'params' lies outside the volume of {geometry.Columns} x {geometry.Rows} x {geometry.Slices} voxels.",
                "body", "params", "roi");
        }

        return new(i0, i1, j0, j1, (int)Math.Round(k0), (int)Math.Round(k1));
    }

    private static (double From, double To) Clip(double a, double b, int size) =>
        (Math.Max(Math.Min(a, b), 0), Math.Min(Math.Max(a, b), size - 1));

    private readonly record struct Point(double X, double Y, int Slice);

    private readonly record struct Box(double I0, double I1, double J0, double J1, int K0, int K1)
    {
        public int Middle => (K0 + K1) / 2;

        public bool Holds(int slice) => slice >= K0 && slice <= K1;
    }
}
