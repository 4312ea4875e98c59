using MedSam2.Inference.Preprocessing;

namespace MedSam2.Training.Data.Augmentation;

/// <summary>One variation of an image, drawn once and applied to all slices of a sequence.</summary>
internal sealed class Change
{
    private readonly SlicePlacement? placement;
    private readonly bool mirror;
    private readonly double cosine;
    private readonly double sine;
    private readonly double shiftX;
    private readonly double shiftY;
    private readonly IntensityChange? intensity;

    private Change()
    {
    }

    private Change(AugmentationOptions options, SlicePlacement placement, bool mayMirror, int seed)
    {
        this.placement = placement;
        var random = new Random(seed);
        mirror = random.NextDouble() < options.Mirror && mayMirror;
        var angle = Within(random, options.Degrees) * Math.PI / 180;
        var scale = 1 + Within(random, options.Scale);
        (cosine, sine) = (Math.Cos(angle) / scale, Math.Sin(angle) / scale);
        shiftX = Within(random, options.Shift) * placement.ContentWidth;
        shiftY = Within(random, options.Shift) * placement.ContentHeight;
        intensity = IntensityChange.Draw(options, random);
    }

    /// <summary>The image as it is.</summary>
    public static Change None { get; } = new();

    /// <param name="options">How far to go.</param>
    /// <param name="placement">Where the slice lies in the input.</param>
    /// <param name="mayMirror">Whether its x runs between left and right.</param>
    /// <param name="seed">The same seed gives the same change.</param>
    public static Change Draw(AugmentationOptions options, SlicePlacement placement, bool mayMirror, int seed) => new(options, placement, mayMirror, seed);

    /// <param name="grey">Values from 0 to 1, <c>S * S</c>.</param>
    /// <param name="size">S.</param>
    /// <param name="slice">The slice's place in its stack, which the smooth field and the noise depend on.</param>
    /// <param name="slices">Slices of the stack.</param>
    public float[] ApplyToImage(float[] grey, int size, int slice, int slices)
    {
        if (placement is null)
            return grey;
        var moved = new float[grey.Length];
        for (var (n, y) = (0, 0); y < size; y++)
        {
            for (var x = 0; x < size; x++, n++)
            {
                var (u, v) = Source(x, y);
                moved[n] = Sample(grey, size, u, v);
            }
        }

        intensity!.Apply(moved, size, slice, slices);
        return moved;
    }

    /// <param name="mask">0 or 1, <c>S * S</c>.</param>
    /// <param name="size">S.</param>
    public byte[] ApplyToMask(byte[] mask, int size)
    {
        if (placement is null)
            return mask;
        var moved = new byte[mask.Length];
        for (var (n, y) = (0, 0); y < size; y++)
        {
            for (var x = 0; x < size; x++, n++)
            {
                var (u, v) = Source(x, y);
                var (i, j) = ((int)Math.Round(u), (int)Math.Round(v));
                moved[n] = (uint)i < (uint)size && (uint)j < (uint)size ? mask[(j * size) + i] : (byte)0;
            }
        }

        return moved;
    }

    /// <summary>Which pixel of the image a pixel of its variant shows.</summary>
    private (double X, double Y) Source(int x, int y)
    {
        double middleX = (placement!.ContentWidth - 1) / 2.0, middleY = (placement.ContentHeight - 1) / 2.0;
        double dx = x - middleX - shiftX, dy = y - middleY - shiftY;
        double u = (cosine * dx) + (sine * dy), v = (cosine * dy) - (sine * dx);
        return (middleX + (mirror ? -u : u), middleY + v);
    }

    /// <summary>Bilinear; black outside.</summary>
    private static float Sample(float[] grey, int size, double x, double y)
    {
        int i = (int)Math.Floor(x), j = (int)Math.Floor(y);
        if (i < -1 || j < -1 || i >= size || j >= size)
            return 0;
        var (a, b) = ((float)(x - i), (float)(y - j));
        return ((At(i, j) * (1 - a)) + (At(i + 1, j) * a)) * (1 - b) + (((At(i, j + 1) * (1 - a)) + (At(i + 1, j + 1) * a)) * b);

        float At(int column, int row) => (uint)column < (uint)size && (uint)row < (uint)size ? grey[(row * size) + column] : 0;
    }

    private static double Within(Random random, double most) => most * ((2 * random.NextDouble()) - 1);
}
