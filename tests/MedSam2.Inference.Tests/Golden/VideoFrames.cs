using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;

namespace MedSam2.Inference.Tests.Golden;

/// <summary>Frames of a golden video, each encoded once.</summary>
internal sealed class VideoFrames(Sam2Model model, IReadOnlyList<byte[]> frames) : ISliceSource, IDisposable
{
    private readonly Dictionary<int, ImageFeatures> encoded = [];

    public int Count => frames.Count;

    public ImageFeatures Features(int slice)
    {
        if (encoded.TryGetValue(slice, out var features))
            return features;
        using var scope = new InferenceScope();
        var size = model.Configuration.ImageSize;
        features = model.EncodeImage(NetworkInput.FromFrame(frames[slice], 3, SlicePlacement.Stretch(size, size, size)));
        encoded.Add(slice, features.DetachFromDisposeScope());
        return features;
    }

    public SlicePlane Plane(int slice) => new(SliceAxis.K, slice);

    public Vector3D Center(int slice, ReadOnlySpan<float> logits) => new(0, 0, slice);

    public void Dispose()
    {
        foreach (var features in encoded.Values)
            features.Dispose();
    }
}
