namespace MedSam2.Training.Synthetic.Randomised;

/// <summary>What scanners and windows do to a picture: uneven sensitivity, blur, noise, stripes, contrast curves, clipping.</summary>
internal static class ScannerFaults
{
    /// <summary>Changes the image in place and scales it to 0 .. 1.</summary>
    public static void Apply(Random random, float[] image, (int X, int Y, int Z) size, double difficulty)
    {
        Bias(random, image, size, 0.3 * difficulty * random.NextDouble());
        if (random.NextDouble() < 0.2 * difficulty)
            Stripes(random, image, size, 0.08 * random.NextDouble());
        Noise(random, image, 0.12 * difficulty * random.NextDouble() * random.NextDouble());
        Blur(image, size, 1.2 * difficulty * random.NextDouble());
        Noise(random, image, 0.06 * difficulty * random.NextDouble());
        var low = Quantile(image, 0.02 * random.NextDouble());
        var high = Quantile(image, 1 - (0.03 * random.NextDouble()));
        Window(image, low, high, Math.Exp(Blob.Uniform(random, -0.5, 0.5) * difficulty), invert: random.NextDouble() < 0.15);
    }

    private static void Bias(Random random, float[] image, (int X, int Y, int Z) size, double strength)
    {
        var field = SmoothField.Create(random, size, (size.X * 0.7, size.Y * 0.7, Math.Max(2, size.Z * 0.7)));
        for (var n = 0; n < image.Length; n++)
            image[n] *= MathF.Exp((float)strength * field[n]);
    }

    private static void Stripes(Random random, float[] image, (int X, int Y, int Z) size, double height)
    {
        var (fx, fy, phase) = (Blob.Uniform(random, 0, 0.8), Blob.Uniform(random, 0, 0.8), Blob.Uniform(random, 0, 6));
        for (int n = 0, z = 0; z < size.Z; z++)
        {
            for (var y = 0; y < size.Y; y++)
            {
                for (var x = 0; x < size.X; x++, n++)
                    image[n] += (float)(height * Math.Sin((fx * x) + (fy * y) + phase + z));
            }
        }
    }

    private static void Noise(Random random, float[] image, double deviation)
    {
        if (deviation < 0.002)
            return;
        for (var n = 0; n < image.Length; n++)
            image[n] += (float)(deviation * SmoothField.Gaussian(random));
    }

    /// <summary>A Gaussian of so many pixels, within slices.</summary>
    private static void Blur(float[] image, (int X, int Y, int Z) size, double sigma)
    {
        if (sigma < 0.3)
            return;
        var reach = (int)Math.Ceiling(2.5 * sigma);
        var kernel = Enumerable.Range(-reach, (2 * reach) + 1).Select(k => (float)Math.Exp(-k * k / (2 * sigma * sigma))).ToArray();
        var sum = kernel.Sum();
        for (var k = 0; k < kernel.Length; k++)
            kernel[k] /= sum;

        var line = new float[Math.Max(size.X, size.Y) + (2 * reach)];
        for (var z = 0; z < size.Z; z++)
        {
            var slice = image.AsSpan(z * size.X * size.Y, size.X * size.Y);
            for (var y = 0; y < size.Y; y++)
                BlurLine(slice, y * size.X, 1, size.X, kernel, line);
            for (var x = 0; x < size.X; x++)
                BlurLine(slice, x, size.X, size.Y, kernel, line);
        }
    }

    private static void BlurLine(Span<float> slice, int start, int step, int count, float[] kernel, float[] line)
    {
        var reach = kernel.Length / 2;
        for (var n = 0; n < count + (2 * reach); n++)
            line[n] = slice[start + (Math.Clamp(n - reach, 0, count - 1) * step)];
        for (var n = 0; n < count; n++)
        {
            var sum = 0f;
            for (var k = 0; k < kernel.Length; k++)
                sum += kernel[k] * line[n + k];
            slice[start + (n * step)] = sum;
        }
    }

    private static float Quantile(float[] image, double share)
    {
        var sample = new float[Math.Min(image.Length, 4096)];
        for (var n = 0; n < sample.Length; n++)
            sample[n] = image[(int)((long)n * image.Length / sample.Length)];
        Array.Sort(sample);
        return sample[(int)(share * (sample.Length - 1))];
    }

    private static void Window(float[] image, float low, float high, double gamma, bool invert)
    {
        var scale = 1 / Math.Max(high - low, 1e-6f);
        for (var n = 0; n < image.Length; n++)
        {
            var value = MathF.Pow(Math.Clamp((image[n] - low) * scale, 0, 1), (float)gamma);
            image[n] = invert ? 1 - value : value;
        }
    }
}
