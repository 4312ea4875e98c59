using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>What a scanner adds to a slice: its table, the blur of its kernel, and noise with the kernel's grain.</summary>
internal sealed class ScannerModel(int width, int height, Vector2 origin, float pixel, int seed)
{
    public const float Air = -1000;

    private static readonly float[] Blur = Gaussian(0.62f);
    private static readonly float[] FineGrain = Gaussian(0.75f);
    private static readonly float[] CoarseGrain = Gaussian(1.9f);

    /// <summary>Air, and a curved table top: two thin shells with foam between.</summary>
    public void DrawTable(Span<float> density, float patientBack)
    {
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (mmX, mmY) = (origin.X + (x * pixel), origin.Y + (y * pixel));
                var depth = mmY - (patientBack + 7 - (0.00042f * mmX * mmX));
                var top = Shell(depth, 1.5f);
                var foam = Shapes.Step(0.5f, 1.5f, depth) * Shapes.Step(28, 27, depth - (0.0003f * mmX * mmX));
                var bottom = Shell(depth - 27 - (0.0003f * mmX * mmX), 1.2f);
                density[(y * width) + x] = Air + (45 * foam) + (1200 * MathF.Max(top, bottom));
            }
        }
    }

    /// <summary>Blurs, adds noise of the given standard deviation (HU, in the middle of a body), and rounds.</summary>
    public void Finish(Span<float> density, float noise, int slice, Span<short> stored)
    {
        Filter(density, Blur);
        if (noise > 0)
            AddNoise(density, noise, new Random(unchecked((seed * 7919) + slice)));
        for (var n = 0; n < density.Length; n++)
            stored[n] = (short)Math.Clamp(MathF.Round(density[n]), -1024, 3071);
    }

    private void AddNoise(Span<float> density, float deviation, Random random)
    {
        // The difference of two blurs keeps the middle frequencies, as filtered back-projection with a soft kernel does.
        var fine = new float[density.Length];
        for (var n = 0; n + 1 < fine.Length; n += 2)
            (fine[n], fine[n + 1]) = NormalPair(random);
        var coarse = (float[])fine.Clone();
        Filter(fine, FineGrain);
        Filter(coarse, CoarseGrain);

        double sum = 0;
        for (var n = 0; n < fine.Length; n++)
        {
            fine[n] -= 0.85f * coarse[n];
            sum += (double)fine[n] * fine[n];
        }

        var scale = deviation / (float)Math.Sqrt(sum / fine.Length);
        var reach = 165 / pixel;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                // More of the beam is lost in the middle of the body, so that the noise is strongest there.
                var (u, v) = ((x - (width / 2f)) / reach, (y - (height / 2f)) / (reach * 0.75f));
                density[(y * width) + x] += fine[(y * width) + x] * scale * (0.55f + (0.45f * MathF.Exp(-1.1f * ((u * u) + (v * v)))));
            }
        }
    }

    private void Filter(Span<float> values, float[] kernel)
    {
        var radius = kernel.Length / 2;
        var padded = new float[Math.Max(width, height) + (2 * radius)];
        for (var y = 0; y < height; y++)
        {
            var row = values.Slice(y * width, width);
            row.CopyTo(padded.AsSpan(radius));
            padded.AsSpan(0, radius).Fill(row[0]);
            padded.AsSpan(radius + width, radius).Fill(row[^1]);
            row.Clear();
            for (var tap = 0; tap < kernel.Length; tap++)
                AddScaled(row, padded.AsSpan(tap, width), kernel[tap]);
        }

        // Columns: whole rows are added, so that memory is walked in order.
        var source = values.ToArray();
        values.Clear();
        for (var y = 0; y < height; y++)
        {
            for (var tap = 0; tap < kernel.Length; tap++)
            {
                var from = Math.Clamp(y + tap - radius, 0, height - 1);
                AddScaled(values.Slice(y * width, width), source.AsSpan(from * width, width), kernel[tap]);
            }
        }
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        var n = 0;
        for (; n <= target.Length - Vector<float>.Count; n += Vector<float>.Count)
            (new Vector<float>(target[n..]) + (new Vector<float>(source[n..]) * factor)).CopyTo(target[n..]);
        for (; n < target.Length; n++)
            target[n] += source[n] * factor;
    }

    private static float Shell(float depth, float thickness) => Shapes.Step(thickness, thickness * 0.4f, MathF.Abs(depth));

    private static (float A, float B) NormalPair(Random random)
    {
        var radius = MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle()));
        var (sine, cosine) = MathF.SinCos(random.NextSingle() * MathF.Tau);
        return (radius * sine, radius * cosine);
    }

    private static float[] Gaussian(float sigma)
    {
        var radius = (int)MathF.Ceiling(3 * sigma);
        var kernel = new float[(2 * radius) + 1];
        for (var n = 0; n < kernel.Length; n++)
            kernel[n] = MathF.Exp(-(n - radius) * (n - radius) / (2 * sigma * sigma));
        var sum = kernel.Sum();
        return [.. kernel.Select(value => value / sum)];
    }
}
