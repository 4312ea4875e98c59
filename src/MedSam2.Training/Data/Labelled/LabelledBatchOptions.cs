using MedSam2.Imaging.Geometry;
using MedSam2.Training.Data.Augmentation;

namespace MedSam2.Training.Data.Labelled;

/// <summary>How labelled images are cut into batches.</summary>
public sealed record LabelledBatchOptions
{
    /// <summary>Slices that a batch holds, shared out among sequences of one image.</summary>
    public int SlicesPerBatch { get; init; } = 8;

    /// <summary>Objects a sequence at most.</summary>
    public int MaxObjects { get; init; } = 3;

    /// <summary>Lengths of sequences, one of which is drawn for each batch; 1 is a single slice. A stack with fewer slices gives shorter ones.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [1, 1, 4, 8];

    /// <summary>The stacks that sequences run along; pictures have the first alone.</summary>
    public IReadOnlyList<SliceAxis> Axes { get; init; } = [SliceAxis.K];

    /// <summary>How images are varied.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>
    /// How many variants of an image there are, the first being the image itself; 0 draws a new one each time. A frozen
    /// encoder sees each variant of a slice once, so few variants make fast epochs.
    /// </summary>
    public int Variants { get; init; }

    /// <summary>Bytes of images in memory; at least one image is held.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>Seed of all that is drawn.</summary>
    public int Seed { get; init; }
}
