using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats;

/// <summary>Whether a file's axes make a rectangular grid with sane spacing: the only kind of grid that is never resampled here.</summary>
internal static class GridCheck
{
    /// <summary>Largest |cosine| between two axes that still counts as rounding: 0.06 degrees.</summary>
    public const double MaxSkew = 1e-3;

    private const double MinSpacing = 1e-4;
    private const double MaxSpacing = 1e4;
    private const double MaxPosition = 1e7;

    /// <summary>Null, or the rest of a sentence that starts with the name of the faulty field.</summary>
    public static string? WhyNotRectangular(in Affine affine)
    {
        ReadOnlySpan<Vector3D> axes = [affine.I, affine.J, affine.K];
        foreach (var axis in axes)
        {
            if (!(axis.Length is >= MinSpacing and <= MaxSpacing))
                return $"spacing is {axis.Length:R} mm along one axis, where {MinSpacing} to {MaxSpacing} mm are read. Correct the header.";
        }

        if (!(affine.Origin.Length <= MaxPosition))
            return "origin is not finite or absurdly far away. Correct the header.";
        if (affine.Skew > MaxSkew)
        {
            var degrees = Math.Asin(Math.Min(1, affine.Skew)) * 180 / Math.PI;
            return $"axes are not perpendicular (sheared by {degrees:0.##} degrees). Resample the volume onto a rectangular grid first.";
        }

        return null;
    }
}
