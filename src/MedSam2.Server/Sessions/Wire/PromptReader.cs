using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>From what a client says about a slice to what the network understands.</summary>
internal static class PromptReader
{
    private const int MostPoints = 128, MostScribbles = 32, MostCorners = 10_000;

    /// <exception cref="PromptException">It says nothing, or nothing that can be followed.</exception>
    /// <exception cref="RequestException">A field is missing or malformed.</exception>
    /// <exception cref="Imaging.Formats.ImageFormatException">The mask is damaged.</exception>
    public static SlicePrompt Read(PromptRequest request, VolumeGeometry geometry)
    {
        var axis = Planes.Parse(request.Plane);
        var index = request.Index ?? throw RequestException.BadRequest("'index' is missing: name the slice that the prompt is about.");
        var (width, height, count) = geometry.SliceShape(axis);
        if (index < 0 || index >= count)
            throw new PromptException($"There is no slice {index}: the stack along {Planes.NameOf(axis)} has slices 0 to {count - 1}.");

        List<PromptPoint> points = [];
        foreach (var point in Limited(request.Points, MostPoints, "points"))
        {
            var (x, y) = Planes.ToPixel(point?.At, axis, index, "point");
            points.Add(new(x, y, point!.Include ?? true));
        }

        foreach (var scribble in Limited(request.Scribbles, MostScribbles, "scribbles"))
            points.AddRange(ScribblePoints.Along(Line(scribble?.Line, axis, index, "scribble"), scribble?.Include ?? true));

        var box = request.Box is { } range ? ReadBox(range, axis, index) : (PromptBox?)null;
        if (request.Lasso is { } lasso)
        {
            if (box is not null || request.Mask is not null)
                throw new PromptException("A lasso stands for the object's extent: leave the box and the mask out.");
            var outline = LassoPrompt.Read(Line(lasso, axis, index, "lasso"), width, height);
            box = outline.Box;
            points.AddRange(outline.Points);
        }

        var mask = request.Mask is { } painted ? ReadMask(painted, width, height) : null;
        return new SlicePrompt(axis, index, points, box, mask) { Replaces = request.Replace ?? false, CloserLook = request.CloserLook };
    }

    private static PromptBox ReadBox(VoxelRange range, SliceAxis axis, int index)
    {
        var (x0, y0) = Planes.ToPixel(range.Min, axis, index, "box corner");
        var (x1, y1) = Planes.ToPixel(range.Max, axis, index, "box corner");
        return new(x0, y0, x1, y1);
    }

    private static (double X, double Y)[] Line(double[][]? corners, SliceAxis axis, int index, string what) =>
        [.. Limited(corners, MostCorners, $"corners of a {what}").Select(corner => Planes.ToPixel(corner, axis, index, what))];

    private static Mask ReadMask(MaskData mask, int width, int height)
    {
        if (mask.Box is not [var x0, var y0, var x1, var y1] || x1 < x0 || y1 < y0 || x0 < 0 || y0 < 0)
            throw new PromptException("A mask needs a box [x0, y0, x1, y1] with 0 <= x0 <= x1 and 0 <= y0 <= y1.");
        return new MaskRuns(new PixelBox(x0, y0, x1 - x0, y1 - y0), mask.Runs ?? []).Decode(width, height);
    }

    private static IReadOnlyList<T> Limited<T>(IReadOnlyList<T>? list, int most, string what) => list is null ? [] : list.Count <= most
        ? list
        : throw new PromptException($"There are {list.Count} {what}, but {most} are the most that one prompt takes.");
}
