using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Memory;
using MedSam2.Network;

namespace MedSam2.Inference.Tracking;

/// <summary>
/// The slices that a tracker walks over: a volume's stack, a set of pictures, frames of a video. Features belong to the
/// source, which may drop them when others are asked for.
/// </summary>
internal interface ISliceSource
{
    int Count { get; }

    /// <summary>The encoded slice, valid until the next call.</summary>
    ImageFeatures Features(int slice);

    /// <summary>Where the slice lies in space.</summary>
    SlicePlane Plane(int slice);

    /// <summary>Middle of a mask on the slice, in mm along the volume's grid axes.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="logits">The decoder's quarter-resolution logits, row by row.</param>
    Vector3D Center(int slice, ReadOnlySpan<float> logits);
}
