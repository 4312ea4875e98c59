namespace MedSam2.Training.Data.Augmentation;

/// <summary>Grey values as another scanner, coil or window would have shown them.</summary>
internal sealed class IntensityChange
{
    private readonly double gamma;
    private readonly double contrast;
    private readonly double brightness;
    private readonly double[] bias; // of x, y, z, xy, x², y²
    private readonly double noise;
    private readonly int seed;

    private IntensityChange(AugmentationOptions options, Random random)
    {
        gamma = Math.Exp(Within(random, options.Gamma));
        contrast = 1 + Within(random, options.Contrast);
        brightness = Within(random, options.Brightness);
        bias = [.. Enumerable.Range(0, 6).Select(_ => Within(random, options.Bias / 3))]; // together they seldom reach the whole
        noise = options.Noise * random.NextDouble();
        seed = random.Next();
    }

    public static IntensityChange Draw(AugmentationOptions options, Random random) => new(options, random);

    /// <summary>Changes values from 0 to 1 in place; they stay in that range.</summary>
    public void Apply(float[] grey, int size, int slice, int slices)
    {
        var random = new Random(Seeds.Mix(seed, slice));
        var z = slices > 1 ? (2.0 * slice / (slices - 1)) - 1 : 0;
        for (var (n, j) = (0, 0); j < size; j++)
        {
            var y = (2.0 * j / (size - 1)) - 1;
            for (var i = 0; i < size; i++, n++)
            {
                var x = (2.0 * i / (size - 1)) - 1;
                var field = 1 + (bias[0] * x) + (bias[1] * y) + (bias[2] * z) + (bias[3] * x * y) + (bias[4] * x * x) + (bias[5] * y * y);
                var value = Math.Pow(grey[n], gamma) * field;
                value = ((value - 0.5) * contrast) + 0.5 + brightness;
                if (noise > 0)
                    value += noise * Normal(random);
                grey[n] = (float)Math.Clamp(value, 0, 1);
            }
        }
    }

    // Irwin and Hall: the sum of four uniform values is close enough to a bell here, and needs no logarithm a pixel.
    private static double Normal(Random random) =>
        Math.Sqrt(3) * (random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2);

    private static double Within(Random random, double most) => most * ((2 * random.NextDouble()) - 1);
}
