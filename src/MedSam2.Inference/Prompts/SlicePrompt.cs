using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference;

/// <summary>A click on a slice, in slice pixels; (0, 0) is the centre of the first pixel.</summary>
/// <param name="X">Along the slice's x (see <see cref="SliceAxis"/>).</param>
/// <param name="Y">Along the slice's y.</param>
/// <param name="Include">True where the object is, false where it is not.</param>
public readonly record struct PromptPoint(double X, double Y, bool Include = true);

/// <summary>A rectangle around the object, by the centres of two opposite corner pixels, in any order.</summary>
public readonly record struct PromptBox(double X0, double Y0, double X1, double Y1);

/// <summary>
/// What a person says about one object on one slice: points and at most one box, or a mask alone.
/// A new prompt on a slice adds to the earlier ones there; a mask replaces them.
/// </summary>
/// <param name="Axis">The stack that the slice belongs to.</param>
/// <param name="Index">Index of the slice in that stack.</param>
/// <param name="Points">Clicks; empty for a box or mask alone.</param>
/// <param name="Box">The object's extent on this slice.</param>
/// <param name="Mask">The object on this slice, in the slice's own size.</param>
public sealed record SlicePrompt(
    SliceAxis Axis,
    int Index,
    IReadOnlyList<PromptPoint> Points,
    PromptBox? Box = null,
    Mask? Mask = null)
{
    /// <summary>Whether what was said about the object on the slice before is forgotten first.</summary>
    public bool Replaces { get; init; }

    /// <summary>
    /// Whether the object is seen in closer views, too, from now on (<see cref="TrackingOptions.CloserLook"/>); null: as it was, and a new one
    /// as the session has it.
    /// </summary>
    public bool? CloserLook { get; init; }
}
