using MedSam2.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace MedSam2.Inference.Features;

/// <summary>Where encoded slices go that a device has no room for. Both ways make a copy, to the bit; the caller frees the other one.</summary>
/// <param name="ToHost">Away from the device.</param>
/// <param name="ToDevice">Back again.</param>
internal sealed record FeatureSpill(Func<ImageFeatures, ImageFeatures> ToHost, Func<ImageFeatures, ImageFeatures> ToDevice)
{
    /// <summary>
    /// Of a GPU: pinned host memory, which its copy engine reaches without a detour. Null for the CPU, whose memory is the
    /// host's already.
    /// </summary>
    public static FeatureSpill? Of(Device device) => device.type == DeviceType.CPU
        ? null
        : new(
            features => Copy(features, level => level.cpu().pin_memory()),
            features => Copy(features, level => level.to(device)));

    private static ImageFeatures Copy(ImageFeatures features, Func<Tensor, Tensor> copy)
    {
        using var scope = NewDisposeScope();
        return new ImageFeatures([.. features.Levels.Select(copy)]).DetachFromDisposeScope();
    }
}
