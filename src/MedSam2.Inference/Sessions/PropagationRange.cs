using MedSam2.Imaging.Geometry;

namespace MedSam2.Inference;

/// <summary>Which slices a propagation visits.</summary>
/// <param name="Axis">The stack to walk along.</param>
/// <param name="First">First slice, inclusive.</param>
/// <param name="Last">Last slice, inclusive; cut to the stack's end.</param>
/// <param name="Direction">Which way to go from the prompted slices.</param>
public sealed record PropagationRange(
    SliceAxis Axis = SliceAxis.K,
    int First = 0,
    int Last = int.MaxValue,
    PropagationDirection Direction = PropagationDirection.Both)
{
    /// <summary>
    /// Which stacks take part. All but <see cref="OrientationChoice.PromptPlane"/> visit whole stacks, both ways; the
    /// range then says which slices get the fused masks.
    /// </summary>
    public OrientationChoice Orientations { get; init; }

    /// <summary>How many slices to go from a prompted one at most; one orientation only.</summary>
    public int Reach { get; init; } = int.MaxValue;

    /// <summary>The slice that somebody looks at: of slices that are equally near to a prompt, the one nearest to it comes first.</summary>
    public int? View { get; init; }

    /// <summary>The whole stack as stored, both ways.</summary>
    public static PropagationRange Whole { get; } = new();
}

public enum PropagationDirection
{
    /// <summary>Alternating, nearest to a prompted slice first.</summary>
    Both,

    /// <summary>From the first prompted slice towards higher indices.</summary>
    Forward,

    /// <summary>From the last prompted slice towards lower indices.</summary>
    Backward,
}
