using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference.Features;

/// <summary>What of a stack's slices goes into the network.</summary>
/// <param name="Axis">The stack.</param>
/// <param name="Region">The same part of every slice; empty for whole slices.</param>
internal readonly record struct StackView(SliceAxis Axis, PixelBox Region)
{
    public static implicit operator StackView(SliceAxis axis) => new(axis, PixelBox.Empty);
}
