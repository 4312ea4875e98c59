using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Sessions;

/// <summary>A mask kept small, with its scores.</summary>
/// <param name="Runs">The pixels.</param>
/// <param name="PredictedIou">The network's estimate, 0 to 1.</param>
/// <param name="Presence">Probability that the object is there.</param>
/// <param name="Revision">Under which of the object's prompts it was found.</param>
/// <param name="IsReverse">Whether the slice was reached towards lower indices.</param>
internal sealed record StoredMask(MaskRuns Runs, float PredictedIou, float Presence, int Revision, bool IsReverse)
{
    public static StoredMask Create(Mask mask, SliceAnswer answer, int revision, bool isReverse) =>
        new(MaskRuns.Encode(mask), answer.PredictedIou, answer.Presence, revision, isReverse);

    public SliceMask ToSliceMask(int objectId, SliceAxis axis, int index, int width, int height) =>
        new(objectId, axis, index, Runs.Decode(width, height), PredictedIou, Presence);

    public KnownSlice ToKnownSlice(int objectId, SliceAxis axis, int index, bool isPrompted) =>
        new(objectId, axis, index, Runs, PredictedIou, Presence, isPrompted);
}
