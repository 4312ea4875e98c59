using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>A stack of painted slices with the region of each pixel.</summary>
/// <param name="Size">Pixels along an edge.</param>
/// <param name="Slices">Number of slices.</param>
/// <param name="Image">Grey values from 0 to 1, slice by slice.</param>
/// <param name="Regions">Region of each pixel.</param>
/// <param name="Flat">Grey value of each region before texture and faults.</param>
internal sealed record PaintedStack(int Size, int Slices, float[] Image, byte[] Regions, float[] Flat);

/// <summary>Gives the regions of a view grey values as some scanner might: contrasts, textures, blur, bias, noise, window.</summary>
internal static class ScenePainter
{
    /// <summary>Share of the bodies that are painted as CT shows them.</summary>
    private const double TypicalShare = 0.4;

    /// <param name="random">Source of all choices.</param>
    /// <param name="scene">What is painted.</param>
    /// <param name="view">How it is cut.</param>
    /// <param name="slices">Number of slices.</param>
    /// <param name="difficulty">0: flat tissues, strong edges, no noise. 1: all that real scanners do.</param>
    public static PaintedStack Paint(Random random, Scene scene, SceneView view, int slices, double difficulty)
    {
        var pixels = view.Size * view.Size;
        var image = new float[slices * pixels];
        var regions = new byte[slices * pixels];
        var flat = Means(random, scene);
        var textures = Amplitudes(random, scene.Regions.Count, difficulty);
        var grains = (random.Next(NoiseTable.Grains), random.Next(NoiseTable.Grains));
        var origin = (X: random.Next(10000), Y: random.Next(10000), Z: random.Next(10000));
        var faults = new SliceFaults(random, view.Size, difficulty, view.Grain);
        for (var t = 0; t < slices; t++)
        {
            var grey = image.AsSpan(t * pixels, pixels);
            var of = regions.AsSpan(t * pixels, pixels);
            view.ReadRegions(scene, t, of);
            Fill(grey, of, view.Size, flat, textures, (NoiseTable.Texture(grains.Item1), NoiseTable.Texture(grains.Item2)), (origin.X, origin.Y, origin.Z + (int)(2 * view.Depth(t))));
            faults.Apply(random, grey);
        }

        faults.Window(random, image);
        for (var t = 0; t < slices; t++)
            Pad(image.AsSpan(t * pixels, pixels), view);
        return new(view.Size, slices, image, regions, flat);
    }

    private static void Fill(Span<float> grey, ReadOnlySpan<byte> regions, int size, float[] flat, (float[] A, float[] B) amplitude, (float[] A, float[] B) texture, (int X, int Y, int Z) origin)
    {
        const int side = NoiseTable.Side;
        var columns = new int[size];
        for (var x = 0; x < size; x++)
            columns[x] = NoiseTable.Mirror(origin.X + x);
        var plane = NoiseTable.Mirror(origin.Z) * side * side;
        for (var y = 0; y < size; y++)
        {
            var row = plane + (NoiseTable.Mirror(origin.Y + y) * side);
            var from = y * size;
            for (var x = 0; x < size; x++)
            {
                var region = regions[from + x];
                var at = row + columns[x];
                grey[from + x] = flat[region] + (amplitude.A[region] * texture.A[at]) + (amplitude.B[region] * texture.B[at]);
            }
        }
    }

    /// <summary>Grey values of the regions: anything at all, or narrow soft tissue beside fat, bone and air as in CT.</summary>
    private static float[] Means(Random random, Scene scene)
    {
        var ct = random.NextDouble() < 0.35;
        var (soft, width) = (Blob.Uniform(random, 0.45, 0.65), Blob.Uniform(random, 0.08, 0.25));
        var fat = soft - Blob.Uniform(random, 0.15, 0.4);
        var typical = scene.Regions.Any(region => region.Typical is not null) && random.NextDouble() < TypicalShare;
        var means = new float[scene.Regions.Count];
        means[0] = random.NextDouble() < 0.8 ? 0 : (float)random.NextDouble();
        for (var n = 1; n < means.Length; n++)
        {
            if (scene.Regions[n].Kin >= 0)
            {
                means[n] = (float)Math.Clamp(means[scene.Regions[n].Kin] + Blob.Uniform(random, -0.02, 0.02), 0, 1);
                continue;
            }

            if (typical && scene.Regions[n].Typical is { } usual)
            {
                means[n] = (float)Math.Clamp(usual + Blob.Uniform(random, -0.08, 0.08), 0, 1);
                continue;
            }

            var kind = random.NextDouble();
            var mean = !ct ? random.NextDouble()
                : kind < 0.25 ? fat + Blob.Uniform(random, -0.04, 0.04)
                : kind < 0.87 ? soft + Blob.Uniform(random, -width, width)
                : kind < 0.95 ? Blob.Uniform(random, 0.85, 1)
                : Blob.Uniform(random, 0, 0.1);
            if (scene.Regions[n].Parent is var parent and >= 0 && random.NextDouble() < 0.6)
                mean = means[parent] + (Blob.Uniform(random, 0.08, 0.4) * (random.NextDouble() < 0.5 ? -1 : 1)); // a lesion is much like its organ
            means[n] = (float)Math.Clamp(mean, 0, 1);
        }

        return means;
    }

    private static (float[] A, float[] B) Amplitudes(Random random, int count, double difficulty)
    {
        var most = 0.13 * difficulty * random.NextDouble();
        float[] Draw() => [.. Enumerable.Range(0, count).Select(_ => (float)(most * random.NextDouble()))];
        return (Draw(), Draw());
    }

    private static void Pad(Span<float> grey, SceneView view)
    {
        for (var y = 0; y < view.Size; y++)
            grey.Slice(y * view.Size, view.Size)[(y < view.Height ? view.Width : 0)..].Clear();
    }
}
