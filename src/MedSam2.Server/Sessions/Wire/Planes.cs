using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>The planes, and how their pixels relate to voxel indices.</summary>
internal static class Planes
{
    public static string NameOf(SliceAxis axis) => axis switch
    {
        SliceAxis.J => "j",
        SliceAxis.I => "i",
        _ => "k",
    };

    /// <param name="name"><c>k</c>, <c>j</c>, <c>i</c>, or null for <c>k</c>.</param>
    /// <exception cref="RequestException">It is none of them.</exception>
    public static SliceAxis Parse(string? name) => name switch
    {
        null or "k" => SliceAxis.K,
        "j" => SliceAxis.J,
        "i" => SliceAxis.I,
        _ => throw RequestException.BadRequest("'plane' must be \"k\", \"j\" or \"i\"."),
    };

    /// <summary>A place on a slice, from voxel indices.</summary>
    /// <param name="voxel">i, j, k, finite.</param>
    /// <param name="axis">The slice's stack.</param>
    /// <param name="index">The slice.</param>
    /// <param name="what">What it is a place of.</param>
    /// <exception cref="PromptException">It is no place, or lies on another slice.</exception>
    public static (double X, double Y) ToPixel(double[]? voxel, SliceAxis axis, int index, string what)
    {
        if (voxel is not [var i, var j, var k] || !voxel.All(double.IsFinite))
            throw new PromptException($"A {what} needs three finite voxel indices [i, j, k].");
        var (x, y, along) = axis switch
        {
            SliceAxis.J => (i, k, j),
            SliceAxis.I => (j, k, i),
            _ => (i, j, k),
        };
        return Math.Abs(along - index) <= 0.5
            ? (x, y)
            : throw new PromptException(FormattableString.Invariant($"A {what} lies at {NameOf(axis)} = {along}, but the prompt is about slice {index}."));
    }

    /// <summary>Voxel indices of a place on a slice.</summary>
    public static double[] ToVoxel(double x, double y, SliceAxis axis, int index) => axis switch
    {
        SliceAxis.J => [x, index, y],
        SliceAxis.I => [index, x, y],
        _ => [x, y, index],
    };
}
