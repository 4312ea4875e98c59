using MedSam2.Imaging.Masks;
using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Baselines;

/// <summary>
/// Flood fill from clicks: pixels like those around the clicks to include, as far as they hang together with them, without
/// what lies around the clicks to exclude.
/// </summary>
public static class ClickGrowing
{
    private const int Around = 2;
    private const double Deviations = 2;

    /// <param name="slice">Values of the slice, row by row.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="clicks">At least one of them to include.</param>
    public static Mask Fill(ReadOnlySpan<float> slice, int width, IReadOnlyCollection<PromptPoint> clicks)
    {
        ArgumentNullException.ThrowIfNull(clicks);
        var height = slice.Length / width;
        List<float> values = [];
        var forbidden = new Mask(width, height);
        foreach (var click in clicks)
        {
            foreach (var n in Disc(click, width, height))
            {
                if (click.Include)
                    values.Add(slice[n]);
                else
                    forbidden.Pixels[n] = 1;
            }
        }

        var mean = values.Average(v => (double)v);
        var tolerance = Math.Max(1e-6, Deviations * Math.Sqrt(values.Average(v => (v - mean) * (v - mean))));
        var mask = new Mask(width, height);
        var open = new Stack<int>(clicks.Where(c => c.Include).SelectMany(c => Disc(c, width, height)));
        while (open.TryPop(out var n))
        {
            if (mask.Pixels[n] != 0 || forbidden.Pixels[n] != 0 || Math.Abs(slice[n] - mean) > tolerance)
                continue;
            mask.Pixels[n] = 1;
            var x = n % width;
            if (x > 0)
                open.Push(n - 1);
            if (x < width - 1)
                open.Push(n + 1);
            if (n >= width)
                open.Push(n - width);
            if (n < slice.Length - width)
                open.Push(n + width);
        }

        return mask;
    }

    private static IEnumerable<int> Disc(PromptPoint click, int width, int height)
    {
        var (cx, cy) = ((int)Math.Round(click.X), (int)Math.Round(click.Y));
        for (var y = Math.Max(0, cy - Around); y <= Math.Min(height - 1, cy + Around); y++)
        {
            for (var x = Math.Max(0, cx - Around); x <= Math.Min(width - 1, cx + Around); x++)
            {
                if (((x - cx) * (x - cx)) + ((y - cy) * (y - cy)) <= Around * Around)
                    yield return (y * width) + x;
            }
        }
    }
}
