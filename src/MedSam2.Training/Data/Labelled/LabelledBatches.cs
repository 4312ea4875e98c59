using MedSam2.Imaging.Geometry;
using MedSam2.Training.Data.Augmentation;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Fitting;
using static TorchSharp.torch;

namespace MedSam2.Training.Data.Labelled;

/// <summary>
/// Batches of labelled images, a batch from one image. Each epoch goes once through all images in an order of its own; memory
/// does not grow with their number. A batch depends on the seed and its number alone.
/// </summary>
/// <param name="sources">The images; read when their turn comes.</param>
/// <param name="size">Side of the network's input, pixels.</param>
/// <param name="options">How they are cut and varied.</param>
public sealed class LabelledBatches(IReadOnlyList<EvaluationCaseSource> sources, int size, LabelledBatchOptions options) : IBatchSource
{
    private readonly CaseCache cache = new(sources, size, options.Axes, options.CacheBytes);

    internal CaseCache Cache => cache;

    /// <exception cref="TrainingException">No image has a label that can be prompted.</exception>
    public TrainingBatch Create(int step, CancellationToken cancellationToken)
    {
        var random = new Random(Seeds.Mix(options.Seed, step));
        var (image, number) = NextUsable(step, cancellationToken);
        var axis = image.Axes[random.Next(image.Axes.Count)];
        var visible = image.Visible(axis);
        // A picture has one slice, and one slice is no sequence.
        var length = visible.Count == 1 ? 1 : options.Lengths[random.Next(options.Lengths.Count)];
        var sequences = Math.Max(1, options.SlicesPerBatch / length);
        var pixels = size * size;
        var images = new float[sequences * length * 3 * pixels];
        var masks = new List<byte[]>();
        var owners = new List<long>();
        var keys = new List<SliceKey>();
        for (var sequence = 0; sequence < sequences; sequence++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cut = SequenceCut.Choose(visible, length, options.MaxObjects, random);
            var variant = options.Variants > 0 ? random.Next(options.Variants) : 0;
            var seed = options.Variants > 0 ? Seeds.Mix(options.Seed, number, variant, (int)axis) : random.Next();
            var change = options.Variants > 0 && variant == 0
                ? Change.None
                : Change.Draw(options.Augmentation, image.Placement(axis), image.MirrorsLeftRight(axis), seed);
            for (var t = 0; t < length; t++)
            {
                var grey = change.ApplyToImage(image.Grey(axis, cut.Slices[t]), size, cut.Slices[t], visible.Count);
                NetworkInput.Normalize(grey, images.AsSpan(((sequence * length) + t) * 3 * pixels, 3 * pixels));
                keys.Add(new(number, axis, cut.Slices[t], variant));
            }

            foreach (var label in cut.Labels)
            {
                masks.Add([.. cut.Slices.SelectMany(slice => change.ApplyToMask(image.Mask(axis, slice, label), size))]);
                owners.Add(sequence);
            }
        }

        return new(
            tensor(images, [sequences, length, 3, size, size]),
            tensor(masks.SelectMany(m => m).ToArray(), [masks.Count, length, size, size]),
            owners)
        {
            Keys = options.Variants > 0 ? keys : null,
        };
    }

    /// <summary>The image whose turn it is, or the next one that has something to learn from.</summary>
    private (LabelledCase Image, int Number) NextUsable(int step, CancellationToken cancellation)
    {
        var order = Order(step / sources.Count);
        for (var tries = 0; tries < sources.Count; tries++)
        {
            var number = order[(step + tries) % sources.Count];
            var image = cache.Get(number, cancellation);
            if (image.Axes.Count > 0)
                return (image, number);
        }

        throw new TrainingException($"None of the {sources.Count} images has a label of at least {SequenceCut.LeastPixels} pixels on a slice as the network sees it: there is nothing to learn from.");
    }

    private int[] Order(int epoch)
    {
        int[] order = [.. Enumerable.Range(0, sources.Count)];
        new Random(Seeds.Mix(options.Seed, ~epoch)).Shuffle(order);
        return order;
    }
}

/// <summary>Names a slice as the encoder sees it.</summary>
/// <param name="Image">Number of the image among the training images.</param>
/// <param name="Axis">The stack.</param>
/// <param name="Slice">Its place there.</param>
/// <param name="Variant">Which variant of the image.</param>
public readonly record struct SliceKey(int Image, SliceAxis Axis, int Slice, int Variant);
