using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>What a scanner does to the slices of one stack: uneven sensitivity, blur, noise; then the window they are shown with.</summary>
internal sealed class SliceFaults
{
    private const int Levels = 1024;
    private readonly int size;
    private readonly float[] kernel;
    private readonly float[] line;
    private readonly float[] biasX;
    private readonly float[] biasY;
    private readonly float before;
    private readonly float after;
    private readonly float ghost;
    private readonly double difficulty;

    /// <param name="random">Source of all choices.</param>
    /// <param name="size">Pixels along an edge of a slice.</param>
    /// <param name="difficulty">0 to 1.</param>
    /// <param name="grain">Pixels along an edge of what the scanner saw as one.</param>
    public SliceFaults(Random random, int size, double difficulty, double grain = 1)
    {
        this.size = size;
        this.difficulty = difficulty;
        // Never sharp: the regions' edges are steps, a scanner's are not.
        var sigma = grain * (0.5 + (0.3 * random.NextDouble()) + (1.3 * difficulty * random.NextDouble() * random.NextDouble()));
        var reach = (int)Math.Ceiling(2.2 * sigma);
        kernel = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(k => (float)Math.Exp(-k * k / (2 * sigma * sigma)))];
        var sum = kernel.Sum();
        for (var k = 0; k < kernel.Length; k++)
            kernel[k] /= sum;
        line = new float[size + (2 * reach)];

        var strength = 0.5 * difficulty * random.NextDouble() * random.NextDouble();
        biasX = Bias(random, strength);
        biasY = Bias(random, strength);
        // Noise of a coarse scanner is coarse, too: it goes through the blur, which takes off as much as is put on here.
        before = (float)(grain * 0.14 * difficulty * random.NextDouble() * random.NextDouble());
        after = (float)(0.06 / grain * difficulty * random.NextDouble() * random.NextDouble());
        ghost = random.NextDouble() < 0.1 ? (float)(0.05 * difficulty * random.NextDouble()) : 0;
    }

    public void Apply(Random random, Span<float> grey)
    {
        var phase = random.NextDouble() * 6;
        for (var y = 0; y < size; y++)
        {
            var row = grey.Slice(y * size, size);
            var stripe = ghost > 0 ? ghost * (float)Math.Sin((0.4 * y) + phase) : 0;
            for (var x = 0; x < size; x++)
                row[x] = (row[x] * biasX[x] * biasY[y]) + stripe;
        }

        if (before > 0.004)
            NoiseTable.AddNoise(random, grey, before);
        for (var y = 0; y < size; y++)
            Blur(grey, y * size, 1);
        for (var x = 0; x < size; x++)
            Blur(grey, x, size);
        if (after > 0.004)
            NoiseTable.AddNoise(random, grey, after);
    }

    /// <summary>Scales all slices together to 0 .. 1, clips, bends the curve, sometimes inverts.</summary>
    public void Window(Random random, float[] image)
    {
        var sample = new float[Math.Min(image.Length, 4096)];
        for (var n = 0; n < sample.Length; n++)
            sample[n] = image[(int)((long)n * image.Length / sample.Length)];
        Array.Sort(sample);
        var low = sample[(int)(0.05 * random.NextDouble() * random.NextDouble() * (sample.Length - 1))];
        var high = sample[(int)((1 - (0.05 * random.NextDouble())) * (sample.Length - 1))];
        if (random.NextDouble() < 0.3)
            high += (high - low) * (float)random.NextDouble(); // a dark picture: something small is brighter than all
        var gamma = Math.Exp(Blob.Uniform(random, -0.5, 0.5) * difficulty);
        var invert = random.NextDouble() < 0.15;
        var curve = new float[Levels];
        for (var n = 0; n < Levels; n++)
        {
            var value = (float)Math.Pow(n / (Levels - 1.0), gamma);
            curve[n] = invert ? 1 - value : value;
        }

        var scale = (Levels - 1) / Math.Max(high - low, 1e-4f);
        for (var n = 0; n < image.Length; n++)
            image[n] = curve[(int)Math.Clamp((image[n] - low) * scale, 0, Levels - 1)];
    }

    private float[] Bias(Random random, double strength)
    {
        var (turns, phase, slope) = (Blob.Uniform(random, 0.2, 1.2), Blob.Uniform(random, 0, 6), Blob.Uniform(random, -1, 1));
        return [.. Enumerable.Range(0, size).Select(n => (float)Math.Exp(strength * (Math.Sin((6.3 * turns * n / size) + phase) + (slope * ((2.0 * n / size) - 1)))))];
    }

    private void Blur(Span<float> grey, int start, int step)
    {
        var reach = kernel.Length / 2;
        for (var n = 0; n < reach; n++)
        {
            line[n] = grey[start];
            line[size + reach + n] = grey[start + ((size - 1) * step)];
        }

        for (var n = 0; n < size; n++)
            line[n + reach] = grey[start + (n * step)];
        for (var n = 0; n < size; n++)
        {
            var sum = 0f;
            for (var k = 0; k < kernel.Length; k++)
                sum += kernel[k] * line[n + k];
            grey[start + (n * step)] = sum;
        }
    }
}
