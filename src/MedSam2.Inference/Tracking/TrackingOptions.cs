using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference;

/// <summary>How objects are carried from slice to slice. The defaults are MedSAM-2's method for volumes.</summary>
public sealed record TrackingOptions
{
    /// <summary>SAM 2's own tracking: first in, first out, no resampling.</summary>
    public static TrackingOptions Sam2 { get; } = new() { Bank = MemoryBankKind.Fifo, Resampling = MemoryResampling.None };

    /// <summary>Which memories are kept.</summary>
    public MemoryBankKind Bank { get; init; } = MemoryBankKind.SelfSorting;

    /// <summary>
    /// K: how many memories the bank holds beside the pinned ones (1 to 64). <see cref="MemoryBankKind.Fifo"/> has the
    /// network's own number instead.
    /// </summary>
    public int Capacity { get; init; } = 6;

    /// <summary>Tau: a slice whose predicted IoU is lower never enters the bank (0 to 1).</summary>
    public double ConfidenceThreshold { get; init; } = 0.2;

    /// <summary>
    /// How many slices that were prompted in full a tracked slice attends to, the nearest of them (1 to 1000). <see cref="MemoryBankKind.Fifo"/>
    /// has the network's own number instead, and sets of pictures attend to all, since nothing is near in them.
    /// </summary>
    public int PromptsInView { get; init; } = 3;

    /// <summary>How memories that resemble the current slice gain weight.</summary>
    public MemoryResampling Resampling { get; init; } = MemoryResampling.Expected;

    /// <summary>T of the resampling's softmax; lower is sharper.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Seed of <see cref="MemoryResampling.Stochastic"/>: the same seed gives the same masks.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// One minus the Dice overlap of the upward and downward pass: above it, <see cref="OrientationChoice.Auto"/> asks the
    /// other planes, too (0 to 1).
    /// </summary>
    public double AcceptedDisagreement { get; init; } = 0.1;

    /// <summary>Holes of up to so many pixels of the decoder's quarter resolution are filled (0 to 1000); SAM 2 fills 8 where it can.</summary>
    public int FilledHoleArea { get; init; }

    /// <summary>
    /// Whether each object is also looked at in closer views, and what all views say is fused: better masks for three times the
    /// work. It is for objects with a box or a painted mask, which tell how close to look; for their prompts, and for tracking along the
    /// prompt's own stack alone.
    /// </summary>
    public bool CloserLook { get; init; }

    /// <summary>Grey window of the network's input; null takes the volume's own, or one by its modality.</summary>
    public IntensityWindow? Window { get; init; }

    /// <summary>Bytes that the encoded slices of one session may hold; the least recently used go first.</summary>
    public long FeatureCacheBytes { get; init; } = 512L << 20;

    /// <exception cref="ArgumentException">A value is out of its range; the message names all of them.</exception>
    public void Validate()
    {
        List<string> faults = [];
        if (Capacity is < 1 or > 64)
            faults.Add($"Capacity is {Capacity}, but must lie in 1 to 64.");
        if (PromptsInView is < 1 or > 1000)
            faults.Add($"PromptsInView is {PromptsInView}, but must lie in 1 to 1000.");
        if (ConfidenceThreshold is not (>= 0 and <= 1))
            faults.Add($"ConfidenceThreshold is {ConfidenceThreshold}, but must lie in 0 to 1.");
        if (!double.IsFinite(Temperature) || Temperature <= 0)
            faults.Add($"Temperature is {Temperature}, but must be positive.");
        if (AcceptedDisagreement is not (>= 0 and <= 1))
            faults.Add($"AcceptedDisagreement is {AcceptedDisagreement}, but must lie in 0 to 1.");
        if (FilledHoleArea is < 0 or > 1000)
            faults.Add($"FilledHoleArea is {FilledHoleArea}, but must lie in 0 to 1000.");
        if (Window is { } window && !(window.High > window.Low && float.IsFinite(window.High - window.Low)))
            faults.Add($"Window is {window.Low} to {window.High}, but its high end must lie above its low end.");
        if (FeatureCacheBytes < 0)
            faults.Add($"FeatureCacheBytes is {FeatureCacheBytes}, but cannot be negative.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}

/// <summary>Which memories of tracked slices are kept. Prompted slices are pinned and stay in every kind.</summary>
public enum MemoryBankKind
{
    /// <summary>MedSAM-2: confident slices, the K most dissimilar of them.</summary>
    SelfSorting,

    /// <summary>SAM 2: the nearest slices that were tracked before.</summary>
    Fifo,

    /// <summary>Confident slices, the K newest of them (an ablation of <see cref="SelfSorting"/>).</summary>
    Threshold,

    /// <summary>The pairwise replacement rule of MedSAM-2's released 2D code, for comparison.</summary>
    Released2D,
}

/// <summary>How memories are weighted by their slice's resemblance to the current one.</summary>
public enum MemoryResampling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By the attention that the stochastic draw has on average: no noise.</summary>
    Expected,

    /// <summary>By a seeded draw with replacement, as in the paper.</summary>
    Stochastic,
}
