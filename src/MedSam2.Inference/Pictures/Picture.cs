namespace MedSam2.Inference;

/// <summary>A still picture, grey or colour.</summary>
public sealed class Picture
{
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="pixels">Rows of grey (one byte a pixel) or RGB (three, interleaved).</param>
    /// <exception cref="ArgumentException">The number of bytes fits neither.</exception>
    public Picture(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(pixels);
        var area = (long)width * height;
        if (pixels.LongLength != area && pixels.LongLength != 3 * area)
            throw new ArgumentException($"A picture of {width} x {height} has {area} (grey) or {3 * area} (RGB) bytes, but {pixels.LongLength} were given.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; }

    /// <summary>1 for grey, 3 for RGB.</summary>
    public int Channels => Pixels.Length == Width * Height ? 1 : 3;
}
