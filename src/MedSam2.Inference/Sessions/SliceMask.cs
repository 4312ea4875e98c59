using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference;

/// <summary>One object on one slice. It replaces what was known of that object there.</summary>
/// <param name="ObjectId">The caller's number for the object.</param>
/// <param name="Axis">The stack that the slice belongs to.</param>
/// <param name="Index">Index of the slice in that stack.</param>
/// <param name="Mask">The object's pixels, in the slice's own size; empty where the object is absent.</param>
/// <param name="PredictedIou">The network's own estimate of the mask's overlap with the truth, 0 to 1.</param>
/// <param name="Presence">Probability that the object is on this slice at all.</param>
public sealed record SliceMask(int ObjectId, SliceAxis Axis, int Index, Mask Mask, float PredictedIou, float Presence)
{
    /// <summary>The other readings of an ambiguous prompt, best first; empty where there are none.</summary>
    public IReadOnlyList<CandidateMask> Alternatives { get; init; } = [];
}

/// <summary>Another reading of an ambiguous prompt.</summary>
public sealed record CandidateMask(Mask Mask, float PredictedIou);
