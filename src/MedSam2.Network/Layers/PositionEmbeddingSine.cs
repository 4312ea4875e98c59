using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Sine position encodings (DETR's, as SAM 2 uses them). Two-dimensional: y in the first half of the channels and x in the second, sine
/// and cosine interleaved, positions counted from 1 and, if normalised, divided by the last. Nothing of it is learned or stored.
/// </summary>
public sealed class PositionEmbeddingSine(SinePositionConfiguration configuration) : IDisposable
{
    private readonly TableCache cache = new();

    /// <returns><c>[1,C,height,width]</c>, owned by this object.</returns>
    public Tensor Table(long height, long width, Device device, ScalarType type) =>
        cache.Get(height, width, device, type, () => tensor(Compute(height, width), [1, configuration.NumPosFeats, height, width]));

    public void Dispose() => cache.Dispose();

    private float[] Compute(long height, long width)
    {
        var half = configuration.NumPosFeats / 2;
        var plane = height * width;
        var table = new float[configuration.NumPosFeats * plane];
        var frequencies = Frequencies(half, configuration.Temperature);
        for (var c = 0; c < half; c++)
        {
            for (var y = 0L; y < height; y++)
                table.AsSpan((int)((c * plane) + (y * width)), (int)width).Fill(Wave(c, Position(y, height) / frequencies[c]));

            var row = table.AsSpan((int)((half + c) * plane), (int)width);
            for (var x = 0; x < width; x++)
                row[x] = Wave(c, Position(x, width) / frequencies[c]);
            for (var y = 1L; y < height; y++)
                row.CopyTo(table.AsSpan((int)(((half + c) * plane) + (y * width)), (int)width));
        }

        return table;
    }

    private float Position(long index, long length) => configuration.Normalize
        ? (index + 1) / (length + 1e-6f) * (float)(configuration.Scale ?? 2 * Math.PI)
        : index + 1;

    /// <summary>One-dimensional: all sines, then all cosines.</summary>
    /// <param name="positions"><c>[N]</c>.</param>
    /// <param name="width">Channels, even.</param>
    /// <param name="temperature">Base of the wavelengths.</param>
    /// <returns><c>[N,width]</c>, float32 on the device of <paramref name="positions"/>.</returns>
    public static Tensor OneDimensional(Tensor positions, int width, double temperature = 10000)
    {
        using var scope = NewDisposeScope();
        var half = width / 2;
        var exponents = new float[half];
        for (var n = 0; n < half; n++)
            exponents[n] = MathF.Pow((float)temperature, 2 * (n / 2) / (float)half);
        var angles = positions.to(ScalarType.Float32).unsqueeze(-1) / tensor(exponents, device: positions.device); // N,half
        return cat([angles.sin(), angles.cos()], -1).MoveToOuterDisposeScope();
    }

    private static float[] Frequencies(int half, double temperature)
    {
        var frequencies = new float[half];
        for (var c = 0; c < half; c++)
            frequencies[c] = MathF.Pow((float)temperature, 2 * (c / 2) / (float)half);
        return frequencies;
    }

    private static float Wave(int channel, float angle) => channel % 2 == 0 ? MathF.Sin(angle) : MathF.Cos(angle);
}
