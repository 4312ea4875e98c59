using MedSam2.Imaging.Geometry;
using MedSam2.Network;

namespace MedSam2.Inference.Features;

/// <summary>An encoded slice that a session keeps, on the device or spilled to the host's memory.</summary>
internal sealed class EncodedSlice(FeatureCache owner, SliceAxis axis, int index, ImageFeatures features)
{
    public FeatureCache Owner { get; } = owner;

    public SliceAxis Axis { get; } = axis;

    public int Index { get; } = index;

    public long ByteCount { get; } = features.ByteCount;

    public ImageFeatures Features { get; set; } = features;

    public bool IsSpilled { get; set; }
}
