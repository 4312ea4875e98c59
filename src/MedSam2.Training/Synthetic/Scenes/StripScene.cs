using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>
/// A view of one long object that runs through the whole picture from top to bottom, as a spinal cord or an aorta does in sagittal
/// slices: its ends lie outside, so that a box around it is a strip from edge to edge.
/// </summary>
internal static class StripScene
{
    private const double LeastElongation = 1.7;
    private const double LeastFilled = 0.6; // of the rectangle with the same moments: a bent tube does not run straight through
    private const double LeastLength = 30; // voxels; a shorter object would be made of blocks
    private const double LeastWidth = 3;
    private const double MostStretch = 4; // slices that are not square are stretched to a square

    /// <summary>Draws one of the long objects on a view's first slice, and a part of the slices along it; null where there is none.</summary>
    public static ObjectView? Draw(Random random, Scene scene, SceneView view)
    {
        var regions = new byte[view.Size * view.Size];
        view.ReadRegions(scene, 0, regions);
        var moments = Measure(scene, regions, view.Size);
        int[] candidates = [.. Enumerable.Range(1, scene.Regions.Count - 1).Where(r => scene.Regions[r].IsObject && moments[r].IsStrip(view.VoxelsPerPixel))];
        if (candidates.Length == 0)
            return null;
        var region = candidates[random.Next(candidates.Length)];
        var strip = moments[region];
        var along = strip.Length * Blob.Uniform(random, 0.35, 0.65) / view.Size;
        var across = Math.Clamp(strip.Width * Blob.Uniform(random, 3, 9) / view.Size, along / MostStretch, along * MostStretch);
        var aslant = strip.Angle + Blob.Uniform(random, -0.12, 0.12);
        var grain = Math.Clamp(1 / along, 1, 3.5);
        return new(view.Part(strip.Middle, (across, along), aslant, grain), region);
    }

    /// <summary>Where each region lies, with all that was put into it.</summary>
    private static Moments[] Measure(Scene scene, ReadOnlySpan<byte> regions, int size)
    {
        var moments = new Moments[256];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                ref var of = ref moments[regions[(y * size) + x]];
                of = of.With(new(1, x, y, x * x, x * y, y * y));
            }
        }

        for (var n = scene.Regions.Count - 1; n > 0; n--)
        {
            if (scene.Regions[n].Parent is var whole and >= 0)
                moments[whole] = moments[whole].With(moments[n]);
        }

        return moments;
    }

    /// <summary>Number of pixels, sums of their places and of the products of these.</summary>
    private readonly record struct Moments(long Count, long X, long Y, long XX, long XY, long YY)
    {
        public (double X, double Y) Middle => (0.5 + ((double)X / Count), 0.5 + ((double)Y / Count));

        /// <summary>Sides of the rectangle with the same moments, pixels.</summary>
        public double Length => Side(longer: true);

        public double Width => Side(longer: false);

        /// <summary>How far the longer side is turned from y towards -x, radians.</summary>
        public double Angle
        {
            get
            {
                var (xx, xy, yy) = Spread;
                return Math.Atan2(-2 * xy, yy - xx) / 2;
            }
        }

        private (double XX, double XY, double YY) Spread
        {
            get
            {
                double x = (double)X / Count, y = (double)Y / Count;
                return (((double)XX / Count) - (x * x), ((double)XY / Count) - (x * y), ((double)YY / Count) - (y * y));
            }
        }

        public Moments With(Moments other) =>
            new(Count + other.Count, X + other.X, Y + other.Y, XX + other.XX, XY + other.XY, YY + other.YY);

        public bool IsStrip(double voxelsPerPixel) =>
            Count > 0
            && Length * voxelsPerPixel >= LeastLength
            && Width * voxelsPerPixel >= LeastWidth
            && Length >= LeastElongation * Width
            && Count >= LeastFilled * Length * Width;

        private double Side(bool longer)
        {
            var (xx, xy, yy) = Spread;
            var apart = Math.Sqrt(((xx - yy) * (xx - yy) / 4) + (xy * xy));
            return Math.Sqrt(12 * Math.Max(0, ((xx + yy) / 2) + (longer ? apart : -apart)));
        }
    }
}
