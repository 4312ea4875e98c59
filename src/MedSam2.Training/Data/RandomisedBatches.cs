using MedSam2.Training.Synthetic.Randomised;
using static TorchSharp.torch;

namespace MedSam2.Training.Data;

/// <summary>How batches of randomised volumes are made.</summary>
public sealed record RandomisedBatchOptions
{
    /// <summary>Pixels a side: the network's image size.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Slices of a batch, shared out among sequences: it holds <c>SlicesPerStep / T</c> sequences of T.</summary>
    public int SlicesPerStep { get; init; } = 8;

    /// <summary>Objects a sequence at most.</summary>
    public int MaxObjects { get; init; } = 3;

    /// <summary>Lengths of sequences, one of which is drawn for each step; 1 is a single image.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [1, 1, 4, 8];

    /// <summary>Seed of everything that is drawn.</summary>
    public int Seed { get; init; }
}

/// <summary>Batches of randomised volumes; nothing real is used. Difficulty may rise with the steps.</summary>
public sealed class RandomisedBatches(RandomisedBatchOptions options, Func<int, double> difficulty) : IBatchSource
{
    private const int ImagesPerVolume = 4;

    public TrainingBatch Create(int step, CancellationToken cancellationToken)
    {
        var random = new Random(unchecked((options.Seed * 1000003) + (step * 7919)));
        var length = options.Lengths[random.Next(options.Lengths.Count)];
        var sequences = Math.Max(1, options.SlicesPerStep / length);
        var pixels = options.Size * options.Size;
        var images = new float[sequences * length * 3 * pixels];
        var masks = new List<byte[]>();
        var owners = new List<long>();
        RandomisedVolume? volume = null;
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Single images share a volume: making one costs as much as learning from it. A sequence has some room
            // around it, so that objects come and go at any slice of it.
            if (volume is null || length > 1 || sequence % ImagesPerVolume == 0)
            {
                volume = RandomisedVolumeGenerator.Create(random.Next(), new()
                {
                    Size = options.Size,
                    Slices = length == 1 ? ImagesPerVolume + 1 : length + 2,
                    Difficulty = difficulty(step),
                });
            }

            var cut = SequenceCut.Choose(volume, length, options.MaxObjects, random);
            for (var t = 0; t < length; t++)
            {
                NetworkInput.Normalize(
                    volume.Image.AsSpan(cut.Slices[t] * pixels, pixels),
                    images.AsSpan(((sequence * length) + t) * 3 * pixels, 3 * pixels));
            }

            foreach (var label in cut.Labels)
            {
                masks.Add(cut.Mask(volume, label));
                owners.Add(sequence);
            }
        }

        return new(
            tensor(images, [sequences, length, 3, options.Size, options.Size]),
            tensor(masks.SelectMany(m => m).ToArray(), [masks.Count, length, options.Size, options.Size]),
            owners);
    }
}
