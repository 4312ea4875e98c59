namespace MedSam2.Imaging.Masks;

/// <summary>A rectangle of whole pixels: the first column and row, and how many of each.</summary>
public readonly record struct PixelBox(int X, int Y, int Width, int Height)
{
    public static readonly PixelBox Empty;

    public bool IsEmpty => Width == 0 || Height == 0;

    /// <summary>The smallest box around two; an empty one adds nothing.</summary>
    public PixelBox Union(PixelBox other)
    {
        if (IsEmpty || other.IsEmpty)
            return IsEmpty ? other : this;
        var (left, top) = (Math.Min(X, other.X), Math.Min(Y, other.Y));
        return new(left, top, Math.Max(X + Width, other.X + other.Width) - left, Math.Max(Y + Height, other.Y + other.Height) - top);
    }

    /// <summary>The smallest box around the set pixels; <see cref="Empty"/> where none is set.</summary>
    /// <param name="pixels">0 for background, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    public static PixelBox Around(ReadOnlySpan<byte> pixels, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var (left, top, right, bottom) = (width, -1, -1, -1);
        for (var y = 0; (y + 1) * width <= pixels.Length; y++)
        {
            var row = pixels.Slice(y * width, width);
            var first = row.IndexOfAnyExcept((byte)0);
            if (first < 0)
                continue;
            top = top < 0 ? y : top;
            bottom = y;
            left = Math.Min(left, first);
            right = Math.Max(right, row.LastIndexOfAnyExcept((byte)0));
        }

        return top < 0 ? Empty : new PixelBox(left, top, right - left + 1, bottom - top + 1);
    }
}
