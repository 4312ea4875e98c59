using MedSam2.Imaging.Masks;

namespace MedSam2.Inference.Closer;

/// <summary>
/// Which parts of a slice a closer look takes: squares around the object, some times as large as its longer side, so that the
/// network sees it as large as in training whatever its size.
/// </summary>
internal static class CloserRegions
{
    // Measured: below 2.8 too little of the surroundings is left to tell the object from them; beyond 4 little is gained.
    private static readonly double[] Factors = [3, 3.6];

    // A square that is nearly as large as the slice shows nothing new.
    private const double LargestShare = 0.8;

    // Squares stay as they are until the object is this much larger or smaller beside them than when they were chosen.
    private const double LeastFactor = 1.5;
    private const double MostFactor = 9;

    private const int LeastPixels = 8;

    /// <summary>The squares around an object, the closest first; none for an object that fills the slice.</summary>
    /// <param name="extent">The object, in slice pixels.</param>
    /// <param name="slice">Pixels of the slice along x and y.</param>
    /// <param name="spacing">Millimetres between pixels along x and y.</param>
    public static IReadOnlyList<PixelBox> Around(PixelBox extent, (int Width, int Height) slice, (double X, double Y) spacing)
    {
        var longer = Longer(extent, spacing);
        var most = LargestShare * Math.Max(slice.Width * spacing.X, slice.Height * spacing.Y);
        return [.. Factors.Where(f => longer > 0 && f * longer < most).Select(f => Square(extent, f * longer, slice, spacing))];
    }

    /// <summary>Whether squares that were chosen for an earlier extent still show the object well.</summary>
    public static bool StillFit(IReadOnlyList<PixelBox> regions, PixelBox extent, (int Width, int Height) slice, (double X, double Y) spacing)
    {
        if (regions.Count == 0)
            return Around(extent, slice, spacing).Count == 0;
        var (closest, longer) = (regions[0], Longer(extent, spacing));
        var isWithin = extent.X >= closest.X && extent.Y >= closest.Y
            && extent.X + extent.Width <= closest.X + closest.Width && extent.Y + extent.Height <= closest.Y + closest.Height;
        return isWithin && Longer(closest, spacing) >= LeastFactor * longer && Longer(closest, spacing) <= MostFactor * longer;
    }

    private static double Longer(PixelBox box, (double X, double Y) spacing) => Math.Max(box.Width * spacing.X, box.Height * spacing.Y);

    private static PixelBox Square(PixelBox extent, double side, (int Width, int Height) slice, (double X, double Y) spacing)
    {
        var (x, width) = Along(extent.X + (extent.Width / 2.0), side / spacing.X, slice.Width);
        var (y, height) = Along(extent.Y + (extent.Height / 2.0), side / spacing.Y, slice.Height);
        return new(x, y, width, height);
    }

    /// <summary>So many pixels around a place, moved into the slice where they would stick out.</summary>
    private static (int First, int Count) Along(double middle, double length, int pixels)
    {
        var count = Math.Min(Math.Max((int)Math.Round(length), LeastPixels), pixels);
        return (Math.Clamp((int)Math.Round(middle - (count / 2.0)), 0, pixels - count), count);
    }
}
