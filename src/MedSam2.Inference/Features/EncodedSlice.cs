using MedSam2.Network;

namespace MedSam2.Inference.Features;

/// <summary>An encoded slice that a session keeps, on the device or spilled to the host's memory.</summary>
internal sealed class EncodedSlice(FeatureCache owner, StackView view, int index, ImageFeatures features)
{
    public FeatureCache Owner { get; } = owner;

    public StackView View { get; } = view;

    public int Index { get; } = index;

    public long ByteCount { get; } = features.ByteCount;

    public ImageFeatures Features { get; set; } = features;

    public bool IsSpilled { get; set; }
}
