namespace MedSam2.Imaging.Masks;

/// <summary>A binary picture of one slice: one byte a pixel, 0 or 1, row by row.</summary>
public sealed class Mask
{
    /// <exception cref="ArgumentException">The number of pixels does not fit the size.</exception>
    public Mask(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != width * height)
            throw new ArgumentException($"A mask of {width} x {height} has {width * height} pixels, but {pixels.Length} were given.", nameof(pixels));
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    public Mask(int width, int height)
        : this(width, height, new byte[width * height])
    {
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; }

    public bool this[int x, int y] => Pixels[(y * Width) + x] != 0;

    /// <summary>The smallest box around the mask's pixels; empty where there are none.</summary>
    public PixelBox BoundingBox() => PixelBox.Around(Pixels, Width);

    /// <summary>The mask's pixels that have a neighbour (of four) outside it; the edge of the picture counts as outside.</summary>
    public Mask Outline()
    {
        var outline = new Mask(Width, Height);
        for (int y = 0, at = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++, at++)
            {
                var inside = x > 0 && x < Width - 1 && y > 0 && y < Height - 1
                    && (Pixels[at - 1] & Pixels[at + 1] & Pixels[at - Width] & Pixels[at + Width]) != 0;
                outline.Pixels[at] = inside ? (byte)0 : Pixels[at];
            }
        }

        return outline;
    }

    /// <summary>A part of the mask, as a mask of its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part sticks out of the mask.</exception>
    public Mask Cut(PixelBox part)
    {
        var cut = new Mask(part.Width, part.Height);
        for (var y = 0; y < part.Height; y++)
            Pixels.AsSpan(((part.Y + y) * Width) + part.X, part.Width).CopyTo(cut.Pixels.AsSpan(y * part.Width));
        return cut;
    }

    public int Count() => Pixels.AsSpan().Count((byte)1);
}
