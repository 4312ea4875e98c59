using MedSam2.Imaging.Geometry;

namespace MedSam2.Training.Synthetic.Randomised;

/// <summary>
/// Makes labelled volumes whose shapes, contrasts, textures and faults vary far more than those of real scanners, so that
/// what a network learns from them carries over (domain randomisation). The same seed gives the same volume on every machine.
/// </summary>
/// <remarks>Billot et al., "SynthSeg", 2023; Dey et al., "AnyStar", 2024.</remarks>
public static class RandomisedVolumeGenerator
{
    private const int LeastVisible = 24;

    /// <summary>Makes the volume of a seed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static RandomisedVolume Create(int seed, RandomisedVolumeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Size, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Slices, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxObjects, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxObjects, 254);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Difficulty);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Difficulty, 1);

        for (var attempt = 0; ; attempt++)
        {
            var random = new Random(MixSeed(seed, attempt));
            var canvas = new Canvas(random, options, Blob.Uniform(random, 0.006, 0.09));
            PaintScene(canvas);
            var (labels, objects) = KeepVisible(canvas);
            if (objects == 0)
                continue; // everything was hidden: rare, and the next attempt is as deterministic as this one
            ScannerFaults.Apply(random, canvas.Image, (options.Size, options.Size, options.Slices), options.Difficulty);
            return new(options.Size, options.Slices, canvas.Image, labels, objects, canvas.SliceStep / canvas.PixelStep);
        }
    }

    // System.HashCode differs from process to process.
    private static int MixSeed(int seed, int attempt) => unchecked((seed * 16777619) ^ (attempt * 1000003));

    private static void PaintScene(Canvas canvas)
    {
        var random = canvas.Random;
        canvas.PaintPartition(random.Next(2, 8));
        if (random.NextDouble() < 0.15)
        {
            PaintObjects(canvas); // a cut-out: tissue up to the edge
            return;
        }

        var body = new Blob(random, new(Blob.Uniform(random, -0.15, 0.15), Blob.Uniform(random, -0.15, 0.15), 0), Blob.Uniform(random, 0.75, 1.2), 0.06);
        for (var layers = random.Next(0, 4); layers > 0; layers--)
            canvas.Paint(new Shell(body, Blob.Uniform(random, 0.02, 0.16) * layers), label: 0);

        // Organs end at the skin, mostly.
        var air = random.NextDouble() < 0.7 ? 0 : random.NextDouble();
        var cutLast = random.NextDouble() < 0.8;
        if (!cutLast)
            canvas.PaintOutside(body, air);
        PaintObjects(canvas);
        if (cutLast)
            canvas.PaintOutside(body, air);
    }

    private static void PaintObjects(Canvas canvas)
    {
        var random = canvas.Random;
        for (var distractors = random.Next(0, 5); distractors > 0; distractors--)
            canvas.Paint(RandomShape(canvas, RandomCenter(canvas)), label: 0);

        var centers = new List<Vector3D>();
        var objects = random.Next(2, Math.Max(3, canvas.Options.MaxObjects + 1));
        for (var n = 1; n <= Math.Min(objects, canvas.Options.MaxObjects); n++)
        {
            // Neighbours that touch, and lesions in organs, are what makes borders hard.
            var nearby = centers.Count > 0 && random.NextDouble() < 0.4;
            var center = nearby
                ? centers[random.Next(centers.Count)] + (Blob.RandomFrame(random)[0] * Blob.Uniform(random, 0, 0.25))
                : RandomCenter(canvas);
            centers.Add(center);
            canvas.Paint(RandomShape(canvas, center), (byte)n);
        }
    }

    private static Vector3D RandomCenter(Canvas canvas)
    {
        var random = canvas.Random;
        var (angle, radius) = (Blob.Uniform(random, 0, 2 * Math.PI), 0.75 * Math.Sqrt(random.NextDouble()));
        var half = canvas.Options.Slices * canvas.SliceStep / 2;
        return new(radius * Math.Cos(angle), radius * Math.Sin(angle), Blob.Uniform(random, -1.1, 1.1) * half);
    }

    private static Shape RandomShape(Canvas canvas, Vector3D center)
    {
        var random = canvas.Random;
        var size = Math.Exp(Blob.Uniform(random, Math.Log(0.05), Math.Log(0.5)));
        return random.NextDouble() switch
        {
            < 0.62 => new Blob(random, center, size, Blob.Uniform(random, 0, 0.2)),
            < 0.84 => new Tube(random, center, Blob.Uniform(random, 0.4, 2), Blob.Uniform(random, 0.025, 0.12)),
            _ => new Shell(new Blob(random, center, Math.Max(size, 0.12), 0.1), Blob.Uniform(random, 0.02, 0.07)),
        };
    }

    private static (byte[] Labels, int Objects) KeepVisible(Canvas canvas)
    {
        var slice = canvas.Options.Size * canvas.Options.Size;
        var most = new int[256];
        Span<int> counts = stackalloc int[256];
        for (var start = 0; start < canvas.Labels.Length; start += slice)
        {
            counts.Clear();
            foreach (var label in canvas.Labels.AsSpan(start, slice))
                counts[label]++;
            for (var label = 1; label < 256; label++)
                most[label] = Math.Max(most[label], counts[label]);
        }

        Span<byte> renumbered = stackalloc byte[256];
        renumbered.Clear();
        byte objects = 0;
        for (var label = 1; label < 256; label++)
        {
            if (most[label] >= LeastVisible)
                renumbered[label] = ++objects;
        }

        var labels = canvas.Labels;
        for (var n = 0; n < labels.Length; n++)
            labels[n] = renumbered[labels[n]];
        return (labels, objects);
    }
}
