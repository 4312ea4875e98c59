using MedSam2.Imaging.Masks;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>Lines that a person would draw about a structure, from its true mask.</summary>
internal static class DrawnLines
{
    /// <summary>The pixel farthest from the border.</summary>
    public static (int X, int Y) Middle(Mask truth)
    {
        var depths = Depths(truth);
        var deepest = Array.IndexOf(depths, depths.Max());
        return (deepest % truth.Width, deepest / truth.Width);
    }

    /// <summary>A stroke along the structure: from its middle to both ends, each row's deepest pixel that hangs together with the row before.</summary>
    public static List<(double X, double Y)> Scribble(Mask truth)
    {
        var box = truth.BoundingBox();
        if (box.Width > box.Height)
            return [.. Scribble(Transpose(truth)).Select(p => (p.Y, p.X))];
        var depths = Depths(truth);
        var (x, y) = Middle(truth);
        var up = Walk(truth, depths, x, y, -1);
        up.Reverse();
        return [.. up, (x, y), .. Walk(truth, depths, x, y, +1)];
    }

    /// <summary>A loose outline: the convex hull, a few pixels away.</summary>
    public static List<(double X, double Y)> Lasso(Mask truth, double away)
    {
        List<(double X, double Y)> pixels = [];
        for (var n = 0; n < truth.Pixels.Length; n++)
        {
            if (truth.Pixels[n] != 0)
                pixels.Add((n % truth.Width, n / truth.Width));
        }

        var (cx, cy) = (pixels.Average(p => p.X), pixels.Average(p => p.Y));
        return [.. Hull(pixels).Select(p =>
        {
            var length = Math.Max(double.Hypot(p.X - cx, p.Y - cy), 1e-6);
            return (
                Math.Clamp(p.X + (away * (p.X - cx) / length), 0, truth.Width - 1.0),
                Math.Clamp(p.Y + (away * (p.Y - cy) / length), 0, truth.Height - 1.0));
        })];
    }

    private static List<(double X, double Y)> Walk(Mask truth, float[] depths, int x, int y, int step)
    {
        List<(double X, double Y)> line = [];
        for (y += step; y >= 0 && y < truth.Height; y += step)
        {
            var (first, last) = (x, x);
            if (!truth[x, y])
                break;
            while (first > 0 && truth[first - 1, y])
                first--;
            while (last < truth.Width - 1 && truth[last + 1, y])
                last++;
            x = Enumerable.Range(first, last - first + 1).MaxBy(n => depths[(y * truth.Width) + n]);
            line.Add((x, y));
        }

        return line;
    }

    private static List<(double X, double Y)> Hull(List<(double X, double Y)> points)
    {
        var sorted = points.Order().ToArray();
        List<(double X, double Y)> hull = [];
        foreach (var half in (IEnumerable<(double X, double Y)>[])[sorted, sorted.Reverse()])
        {
            var start = hull.Count;
            foreach (var point in half)
            {
                while (hull.Count >= start + 2 && Turn(hull[^2], hull[^1], point) <= 0)
                    hull.RemoveAt(hull.Count - 1);
                hull.Add(point);
            }

            hull.RemoveAt(hull.Count - 1);
        }

        return hull;
    }

    private static double Turn((double X, double Y) a, (double X, double Y) b, (double X, double Y) c) => ((b.X - a.X) * (c.Y - a.Y)) - ((b.Y - a.Y) * (c.X - a.X));

    private static float[] Depths(Mask truth) => DistanceTransform.Squared([.. truth.Pixels.Select(p => (byte)(1 - p))], (truth.Width, truth.Height, 1), (1, 1, 1));

    private static Mask Transpose(Mask mask)
    {
        var turned = new Mask(mask.Height, mask.Width);
        for (var y = 0; y < mask.Height; y++)
        {
            for (var x = 0; x < mask.Width; x++)
                turned.Pixels[(x * mask.Height) + y] = mask.Pixels[(y * mask.Width) + x];
        }

        return turned;
    }
}
