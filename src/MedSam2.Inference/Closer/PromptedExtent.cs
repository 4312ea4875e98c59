using MedSam2.Imaging.Masks;
using MedSam2.Inference.Prompts;

namespace MedSam2.Inference.Closer;

/// <summary>How large an object is and where, as far as a person said it.</summary>
internal static class PromptedExtent
{
    /// <summary>
    /// Around all boxes and painted masks, and the clicks on the object beside them, in slice pixels; empty where there are clicks alone,
    /// which do not tell a size.
    /// </summary>
    public static PixelBox Of(IReadOnlyList<SlicePrompts> said)
    {
        var sized = Union(said.Select(s => s.Mask?.BoundingBox() ?? BoxOf(s)));
        return sized.IsEmpty ? sized : Union(said.SelectMany(s => s.Points).Where(p => p.Include).Select(PixelOf).Prepend(sized));
    }

    private static PixelBox Union(IEnumerable<PixelBox> boxes) => boxes.Aggregate(PixelBox.Empty, (all, next) => all.Union(next));

    private static PixelBox BoxOf(SlicePrompts prompts)
    {
        if (prompts.Box is not { } box)
            return PixelBox.Empty;
        int left = (int)Math.Ceiling(Math.Min(box.X0, box.X1)), top = (int)Math.Ceiling(Math.Min(box.Y0, box.Y1));
        int right = (int)Math.Max(box.X0, box.X1), bottom = (int)Math.Max(box.Y0, box.Y1);
        return new(left, top, Math.Max(1, right - left + 1), Math.Max(1, bottom - top + 1));
    }

    // Half a pixel around the outermost centres belongs to the slice, too: -0.5 is pixel 0.
    private static PixelBox PixelOf(PromptPoint point) => new((int)Math.Max(0, point.X), (int)Math.Max(0, point.Y), 1, 1);
}
