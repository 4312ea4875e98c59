using MedSam2.Imaging.Masks;
using MedSam2.Inference;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>
/// A lasso as a box and a click: people draw it loosely around an object, so that its outline is no mask. The box is the
/// outline's extent, the click its innermost pixel.
/// </summary>
internal static class LassoPrompt
{
    /// <param name="outline">Its corners, in pixels.</param>
    /// <param name="width">Pixels of the slice along x.</param>
    /// <param name="height">Pixels of the slice along y.</param>
    /// <exception cref="PromptException">It encloses nothing of the slice.</exception>
    public static (PromptBox Box, IReadOnlyList<PromptPoint> Points) Read(IReadOnlyList<(double X, double Y)> outline, int width, int height)
    {
        if (outline.Count < 3)
            throw new PromptException("A lasso needs at least three corners.");
        var inside = Fill(outline, width, height);
        var box = inside.BoundingBox();
        if (box.Width < 2 || box.Height < 2)
            throw new PromptException("The lasso encloses nothing of the slice. Draw it around the object.");
        var (x, y) = Innermost(inside, box);
        return (new PromptBox(box.X, box.Y, box.X + box.Width - 1, box.Y + box.Height - 1), [new PromptPoint(x, y)]);
    }

    /// <summary>The pixels whose centres the outline encloses, by the even-odd rule.</summary>
    private static Mask Fill(IReadOnlyList<(double X, double Y)> outline, int width, int height)
    {
        var mask = new Mask(width, height);
        List<double> crossings = [];
        for (var y = 0; y < height; y++)
        {
            crossings.Clear();
            for (var n = 0; n < outline.Count; n++)
            {
                var (a, b) = (outline[n], outline[(n + 1) % outline.Count]);
                if (a.Y <= y != b.Y <= y)
                    crossings.Add(a.X + ((y - a.Y) / (b.Y - a.Y) * (b.X - a.X)));
            }

            crossings.Sort();
            for (var n = 0; n + 1 < crossings.Count; n += 2)
            {
                var first = (int)Math.Clamp(Math.Ceiling(crossings[n]), 0, width);
                var end = (int)Math.Clamp(Math.Floor(crossings[n + 1]) + 1, first, width);
                mask.Pixels.AsSpan((y * width) + first, end - first).Fill(1);
            }
        }

        return mask;
    }

    /// <summary>The pixel that is farthest from everything outside.</summary>
    private static (int X, int Y) Innermost(Mask mask, PixelBox box)
    {
        var squared = DistanceTransform.Squared([.. mask.Pixels.Select(p => (byte)(1 - p))], (mask.Width, mask.Height, 1), (1, 1, 1));
        var (best, at) = (-1.0, (box.X, box.Y));
        for (var y = box.Y; y < box.Y + box.Height; y++)
        {
            for (var x = box.X; x < box.X + box.Width; x++)
            {
                // The edge of the slice counts as outside.
                double edge = Math.Min(Math.Min(x, mask.Width - 1 - x), Math.Min(y, mask.Height - 1 - y)) + 1;
                var distance = Math.Min(squared[(y * mask.Width) + x], edge * edge);
                if (mask[x, y] && distance > best)
                    (best, at) = (distance, (x, y));
            }
        }

        return at;
    }
}
