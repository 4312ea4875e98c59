using MedSam2.Imaging.Masks;
using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Baselines;

/// <summary>
/// Masks that need no network, from the box that the network is given. A model that loses to them is no help.
/// Box corners are pixel centres and belong to the box.
/// </summary>
public static class BoxBaselines
{
    /// <summary>The whole box.</summary>
    public static Mask Filled(int width, int height, PromptBox box) => Draw(width, height, box, (_, _) => true);

    /// <summary>The ellipse that touches the box from inside.</summary>
    public static Mask Ellipse(int width, int height, PromptBox box)
    {
        var (cx, cy) = ((box.X0 + box.X1) / 2, (box.Y0 + box.Y1) / 2);
        var (rx, ry) = ((Math.Abs(box.X1 - box.X0) + 1) / 2, (Math.Abs(box.Y1 - box.Y0) + 1) / 2);
        return Draw(width, height, box, (x, y) => Square((x - cx) / rx) + Square((y - cy) / ry) <= 1);
    }

    /// <summary>
    /// Otsu's two classes of the pixels in the box; the object is the class that has the larger share of the ellipse that touches the
    /// box than of the corners around it.
    /// </summary>
    /// <param name="slice">Values of the slice, row by row.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="box">The prompt.</param>
    public static Mask Otsu(ReadOnlySpan<float> slice, int width, PromptBox box)
    {
        var height = slice.Length / width;
        var (x0, y0, x1, y1) = Clip(width, height, box);
        var values = new List<float>();
        for (var y = y0; y <= y1; y++)
            values.AddRange(slice.Slice((y * width) + x0, x1 - x0 + 1));
        var threshold = OtsuThreshold.Find(values);

        var ellipse = Ellipse(width, height, box);
        Span<int> all = stackalloc int[2], bright = stackalloc int[2]; // corners, ellipse
        for (var y = y0; y <= y1; y++)
        {
            for (var x = x0; x <= x1; x++)
            {
                var inside = ellipse.Pixels[(y * width) + x];
                all[inside]++;
                if (slice[(y * width) + x] > threshold)
                    bright[inside]++;
            }
        }

        // Shares are compared, crosswise multiplied: a box of a few pixels may have no corners.
        var isBright = all[0] > 0 ? (long)bright[1] * all[0] >= (long)bright[0] * all[1] : 2 * bright[1] >= all[1];
        var mask = new Mask(width, height);
        for (var y = y0; y <= y1; y++)
        {
            for (var x = x0; x <= x1; x++)
                mask.Pixels[(y * width) + x] = (slice[(y * width) + x] > threshold) == isBright ? (byte)1 : (byte)0;
        }

        return mask;
    }

    private static Mask Draw(int width, int height, PromptBox box, Func<int, int, bool> inside)
    {
        var mask = new Mask(width, height);
        var (x0, y0, x1, y1) = Clip(width, height, box);
        for (var y = y0; y <= y1; y++)
        {
            for (var x = x0; x <= x1; x++)
                mask.Pixels[(y * width) + x] = inside(x, y) ? (byte)1 : (byte)0;
        }

        return mask;
    }

    private static (int X0, int Y0, int X1, int Y1) Clip(int width, int height, PromptBox box) => (
        Math.Clamp((int)Math.Round(Math.Min(box.X0, box.X1)), 0, width - 1),
        Math.Clamp((int)Math.Round(Math.Min(box.Y0, box.Y1)), 0, height - 1),
        Math.Clamp((int)Math.Round(Math.Max(box.X0, box.X1)), 0, width - 1),
        Math.Clamp((int)Math.Round(Math.Max(box.Y0, box.Y1)), 0, height - 1));

    private static double Square(double value) => value * value;
}
