using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>Random numbers and textures that are made once and read from many places: drawing them anew would cost more than painting.</summary>
internal static class NoiseTable
{
    /// <summary>Edge of a texture cube, voxels.</summary>
    public const int Side = 96;
    private const int Count = 1 << 18;

    private static readonly Lazy<float[]> Gaussians = new(() =>
    {
        var random = new Random(20240731);
        var table = new float[Count];
        for (var n = 0; n < table.Length; n++)
            table[n] = (float)SmoothField.Gaussian(random);
        return table;
    });

    private static readonly Lazy<float[][]> Textures = new(() =>
    {
        var random = new Random(20240801);
        return [.. new[] { 1.6, 3.0, 6.0, 14.0 }.Select(cell => SmoothField.Create(random, (Side, Side, Side), (cell, cell, cell)))];
    });

    /// <summary>Adds normal noise. A random start for each piece keeps slices from sharing it.</summary>
    public static void AddNoise(Random random, Span<float> values, float deviation)
    {
        var table = Gaussians.Value;
        const int piece = 1024;
        for (var at = 0; at < values.Length; at += piece)
        {
            var part = values.Slice(at, Math.Min(piece, values.Length - at));
            var start = random.Next(Count - piece);
            for (var n = 0; n < part.Length; n++)
                part[n] += deviation * table[start + n];
        }
    }

    /// <summary>A smooth texture of mean 0 and deviation about 1, of one of four grain sizes; it is mirrored beyond its cube.</summary>
    public static float[] Texture(int grain) => Textures.Value[grain];

    /// <summary>Number of grain sizes.</summary>
    public static int Grains => Textures.Value.Length;

    /// <summary>Index into a mirrored edge.</summary>
    public static int Mirror(int x)
    {
        var m = x % (2 * Side);
        return m < Side ? m : (2 * Side) - 1 - m;
    }
}
