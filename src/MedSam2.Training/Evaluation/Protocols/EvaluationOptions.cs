using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>What a protocol leaves to choose.</summary>
public sealed record EvaluationOptions
{
    /// <summary>How the model tracks; the protocols that compare ways of tracking start from it.</summary>
    public TrackingOptions Tracking { get; init; } = new();

    /// <summary>How it goes through a set of pictures, which have no order.</summary>
    public TrackingOptions SetTracking { get; init; } = PictureSetSession.DefaultOptions;

    /// <summary>The stack that is prompted and walked.</summary>
    public StackChoice Axis { get; init; } = StackChoice.K;

    /// <summary>Along which stacks a volume is tracked.</summary>
    public OrientationChoice Orientations { get; init; } = OrientationChoice.PromptPlane;

    /// <summary>What is said about the structure on its largest slice.</summary>
    public PromptKind Prompt { get; init; } = PromptKind.Box;

    /// <summary>Structures of a case, the largest first; 0: all.</summary>
    public int MostStructures { get; init; }

    /// <summary>A structure smaller than this on its largest slice is left out.</summary>
    public int LeastPixels { get; init; } = 20;

    /// <summary>A structure on fewer slices than this is left out of volumes.</summary>
    public int LeastSlices { get; init; } = 2;

    /// <summary>
    /// A structure whose largest piece holds less than this share of its pixels on its largest slice is left out (0 to 1):
    /// a box or click means one thing there.
    /// </summary>
    public double LeastDominance { get; init; } = 0.8;

    /// <summary>How far, in mm, two surfaces may be apart and still count as the same (NSD).</summary>
    public double ToleranceMm { get; init; } = 2;

    /// <summary>In how many orders a set of pictures is shown.</summary>
    public int Orders { get; init; } = 5;

    /// <summary>How many corrective clicks a person makes.</summary>
    public int Corrections { get; init; } = 5;

    /// <summary>How many prompts a structure gets, for the prompt-frequency protocol.</summary>
    public IReadOnlyList<int> PromptCounts { get; init; } = [1, 2, 4, 8];

    /// <summary>Of the orders: the same seed gives the same table.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>What a simulated person says about a structure, from its true mask.</summary>
public enum PromptKind
{
    /// <summary>The tight box.</summary>
    Box,

    /// <summary>A click on the pixel farthest from the border.</summary>
    Click,

    /// <summary>The true mask itself.</summary>
    Mask,
}
