using MedSam2.Training.Synthetic.Scenes;
using static TorchSharp.torch;

namespace MedSam2.Training.Data;

/// <summary>How batches of scenes are made.</summary>
public sealed record SceneBatchOptions
{
    /// <summary>Pixels a side: the network's image size.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Slices of a batch: it holds <c>SlicesPerStep / T</c> sequences of T.</summary>
    public int SlicesPerStep { get; init; } = 6;

    /// <summary>Objects of a single image at most.</summary>
    public int MaxObjects { get; init; } = 10;

    /// <summary>Objects of a longer sequence at most.</summary>
    public int MaxTracked { get; init; } = 4;

    /// <summary>Lengths of sequences, one of which is drawn for each step; 1 is a single image.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [1];

    /// <summary>Each sequence draws its difficulty from 0 to this; 0 is flat tissue with sharp borders, 1 all that scanners do.</summary>
    public double Difficulty { get; init; } = 1;

    /// <summary>Smallest field of view of a slice, 1 being the scene's edge.</summary>
    public double LeastField { get; init; } = 0.65;

    /// <summary>Largest field of view of a slice.</summary>
    public double MostField { get; init; } = 1.2;

    /// <summary>
    /// Share of the sequences that show one object as a closer look does, which alone is asked for: a square around it, some three
    /// times as large as its longer side.
    /// </summary>
    public double Closer { get; init; }

    /// <summary>Share of the sequences that show one long object which runs through the whole picture, which alone is asked for.</summary>
    public double Strips { get; init; }

    /// <summary>Largest distance between the slices of a sequence, in 128ths of the scene's edge (at least 0.5); the smallest is 0.5.</summary>
    public double MostStep { get; init; } = 5;

    /// <summary>Voxels along an edge of a scene.</summary>
    public int SceneSide { get; init; } = 128;

    /// <summary>Share of the scenes that are made-up trunks with organs; the others are solids at random.</summary>
    public double Bodies { get; init; }

    /// <summary>How many scenes are in use at a time.</summary>
    public int Scenes { get; init; } = 48;

    /// <summary>How many sequences are cut out of a scene before a new one takes its place.</summary>
    public int UsesOfScene { get; init; } = 60;

    /// <summary>Objects smaller than this on the prompted slice are not asked for, pixels.</summary>
    public int LeastPixels { get; init; } = 60;

    /// <summary>An object must differ this much from what surrounds it (0 to 1); a person could not see it otherwise.</summary>
    public double LeastContrast { get; init; } = 0.1;

    /// <summary>Seed of everything that is drawn.</summary>
    public int Seed { get; init; }
}

/// <summary>Batches of freshly painted scenes. A batch depends on seed and step alone.</summary>
public sealed class SceneBatches(SceneBatchOptions options) : IBatchSource
{
    private const int Tries = 200;
    private readonly SceneLibrary scenes = new(options.Seed, options.SceneSide, options.Scenes, options.Bodies);

    public TrainingBatch Create(int step, CancellationToken cancellationToken)
    {
        var random = new Random(unchecked((options.Seed * 1000003) + (step * 7919) + 17));
        var length = options.Lengths[random.Next(options.Lengths.Count)];
        var sequences = Math.Max(1, options.SlicesPerStep / length);
        var most = length == 1 ? options.MaxObjects : options.MaxTracked;
        var pixels = options.Size * options.Size;
        var images = new float[sequences * length * 3 * pixels];
        var masks = new List<byte[]>();
        var owners = new List<long>();
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (stack, found) = Cut(step, sequences, length, most, random);
            for (var t = 0; t < length; t++)
            {
                NetworkInput.Normalize(
                    stack.Image.AsSpan(t * pixels, pixels),
                    images.AsSpan(((sequence * length) + t) * 3 * pixels, 3 * pixels));
            }

            masks.AddRange(found);
            owners.AddRange(Enumerable.Repeat((long)sequence, found.Count));
        }

        var all = new byte[masks.Count * length * pixels];
        for (var n = 0; n < masks.Count; n++)
            masks[n].CopyTo(all.AsSpan(n * length * pixels));
        return new(
            tensor(images, [sequences, length, 3, options.Size, options.Size]),
            tensor(all, [masks.Count, length, options.Size, options.Size]),
            owners);
    }

    /// <summary>Views are drawn until one shows something that can be asked for.</summary>
    private (PaintedStack Stack, List<byte[]> Masks) Cut(int step, int sequences, int length, int most, Random random)
    {
        var newest = (int)((long)step * sequences / options.UsesOfScene);
        Func<Random, Scene, SceneView, ObjectView?>? look =
            options.Strips > 0 && random.NextDouble() < options.Strips ? StripScene.Draw
            : options.Closer > 0 && random.NextDouble() < options.Closer ? CloserScene.Draw
            : null;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var scene = scenes[newest + random.Next(options.Scenes)];
            var view = new SceneView(random, scene, options.Size, length, (options.LeastField, options.MostField), options.MostStep);
            var nearer = look?.Invoke(random, scene, view);
            if (look is not null && nearer is null)
                continue;
            var stack = ScenePainter.Paint(random, scene, nearer?.View ?? view, length, options.Difficulty * random.NextDouble());
            var objects = new SceneObjects(scene, stack);
            var masks = objects.Choose(random, most, options.LeastPixels, options.LeastContrast, nearer?.Region);
            if (masks.Count > 0)
                return (stack, masks);
        }

        throw new InvalidOperationException($"No object was visible in {Tries} views: lower LeastPixels or LeastContrast.");
    }
}
