using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference;

/// <summary>What a session holds of an object on a slice, as small as it holds it.</summary>
/// <param name="ObjectId">The caller's number for the object.</param>
/// <param name="Axis">The stack that the slice belongs to.</param>
/// <param name="Index">Index of the slice in that stack.</param>
/// <param name="Runs">The object's pixels in the slice's own size.</param>
/// <param name="PredictedIou">The network's own estimate of the mask's overlap with the truth, 0 to 1.</param>
/// <param name="Presence">Probability that the object is on this slice at all.</param>
/// <param name="IsPrompted">Whether a person spoke about the slice: propagation leaves it as it is.</param>
public sealed record KnownSlice(int ObjectId, SliceAxis Axis, int Index, MaskRuns Runs, float PredictedIou, float Presence, bool IsPrompted);

/// <summary>One step of a propagation. Many of a volume's steps along several orientations give no slice yet.</summary>
/// <param name="Slice">The slice that is known now; null where none is.</param>
/// <param name="Pass">From 1; the fusion of several passes counts as the last of them.</param>
/// <param name="Passes">How many passes there are, as far as is known.</param>
/// <param name="Done">Slices of the first pass that are known, over all objects.</param>
/// <param name="Total">Slices of the first pass, over all objects.</param>
public readonly record struct PropagationStep(KnownSlice? Slice, int Pass, int Passes, int Done, int Total);
