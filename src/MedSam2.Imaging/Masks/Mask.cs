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

    public int Count() => Pixels.AsSpan().Count((byte)1);
}
