using MedSam2.Network;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;

namespace MedSam2.Inference.Features;

/// <summary>Slices through the image encoder.</summary>
internal static class SliceEncoding
{
    /// <summary>Encodes slices together; one by one where the device has no room for that.</summary>
    /// <param name="model">The network, and what makes room.</param>
    /// <param name="indices">The slices.</param>
    /// <param name="input">A slice as the network takes it, <c>[1, 3, S, S]</c>.</param>
    /// <returns>Features of each slice with memory of their own, which belong to the caller.</returns>
    /// <exception cref="DeviceMemoryException">The device has no room for a single slice.</exception>
    public static IReadOnlyList<ImageFeatures> Run(SegmentationModel model, IReadOnlyList<int> indices, Func<int, Tensor> input) =>
        DeviceMemory.Run(model.Features, sparingly => sparingly || indices.Count == 1
            ? OneByOne(model, indices, input)
            : Together(model, indices, input));

    private static List<ImageFeatures> OneByOne(SegmentationModel model, IReadOnlyList<int> indices, Func<int, Tensor> input)
    {
        using var scope = new InferenceScope();
        List<ImageFeatures> encoded = [.. indices.Select(index => model.Network.EncodeImage(input(index)))];
        encoded.ForEach(features => features.DetachFromDisposeScope());
        return encoded;
    }

    private static List<ImageFeatures> Together(SegmentationModel model, IReadOnlyList<int> indices, Func<int, Tensor> input)
    {
        using var scope = new InferenceScope();
        var all = model.Network.EncodeImage(cat([.. indices.Select(input)], 0));
        // Copies: a view would keep the whole batch alive.
        List<ImageFeatures> encoded = [.. indices.Index().Select(n => new ImageFeatures([.. all[n.Index].Levels.Select(level => level.clone())]))];
        encoded.ForEach(features => features.DetachFromDisposeScope());
        return encoded;
    }
}
