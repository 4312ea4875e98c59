using MedSam2.Inference.Preprocessing;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Inference.Pictures;

/// <summary>
/// One still picture, encoded once, and any number of prompts on it: SAM 2's image predictor. No memory takes part, and the
/// occlusion head is not asked.
/// </summary>
internal sealed class ImagePredictor : IDisposable
{
    private const float LargestLogit = 32;

    private readonly Sam2Model model;
    private readonly SlicePlacement placement;
    private readonly ImageFeatures features;
    private readonly Tensor conditioned;

    /// <param name="model">Stays the caller's.</param>
    /// <param name="pixels">Rows of grey or RGB pixels.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="channels">1 or 3.</param>
    public ImagePredictor(Sam2Model model, ReadOnlySpan<byte> pixels, int width, int height, int channels)
    {
        this.model = model;
        placement = SlicePlacement.Stretch(width, height, model.Configuration.ImageSize);
        using var scope = new InferenceScope();
        features = model.EncodeImage(NetworkInput.FromStill(pixels, channels, placement)).DetachFromDisposeScope();
        conditioned = model.ConditionWithoutMemory(features).DetachFromDisposeScope();
    }

    /// <summary>The encoded picture.</summary>
    internal ImageFeatures Features => features;

    /// <summary>The features that the decoder sees, <c>[1, d, h, w]</c>.</summary>
    internal Tensor Conditioned => conditioned;

    /// <summary>Decodes the prompts of B objects.</summary>
    /// <param name="points">For each object its points and labels (1 inside, 0 outside, 2 and 3 corners of a box), in the picture's pixels; equally many.</param>
    /// <param name="mask">Earlier low-resolution logits <c>[B, 1, S/4, S/4]</c> to correct.</param>
    /// <param name="multimask">Three candidates instead of one.</param>
    public PicturePrediction Predict(IReadOnlyList<IReadOnlyList<(double X, double Y, int Label)>> points, Tensor? mask, bool multimask)
    {
        using var scope = new InferenceScope();
        var (batch, count) = (points.Count, points[0].Count);
        var coordinates = points.SelectMany(p => p).SelectMany(p => placement.ToNetwork(p.X, p.Y) is var (x, y) ? new[] { x, y } : []);
        var labels = points.SelectMany(p => p).Select(p => p.Label);
        var device = model.Device;
        var sparse = model.PromptEncoder.EncodePoints(
            tensor(coordinates.ToArray()).view(batch, count, 2).to(device), tensor(labels.ToArray()).view(batch, count).to(device));
        var dense = mask is null ? model.PromptEncoder.EncodeNoMask() : model.PromptEncoder.EncodeMask(mask.to(device));
        (Tensor, Tensor)? highRes = features.Levels is [var s0, var s1, _] ? (s0, s1) : null;
        using var all = model.MaskDecoder.PredictMasks(conditioned, model.PromptEncoder.GetDensePe(), sparse, dense, highRes);
        using var chosen = model.MaskDecoder.Select(all, multimask);
        var logits = chosen.Masks.to(ScalarType.Float32);
        return new PicturePrediction(
            interpolate(logits, [placement.Height, placement.Width], mode: InterpolationMode.Bilinear, align_corners: false).DetachFromDisposeScope(),
            chosen.Ious.to(ScalarType.Float32, copy: true).DetachFromDisposeScope(),
            logits.clamp(-LargestLogit, LargestLogit).DetachFromDisposeScope());
    }

    public void Dispose()
    {
        features.Dispose();
        conditioned.Dispose();
    }
}

/// <summary>The answer to B prompts on a picture.</summary>
/// <param name="Masks">Logits at the picture's size, <c>[B, M, H, W]</c>.</param>
/// <param name="Ious">Predicted IoU, <c>[B, M]</c>.</param>
/// <param name="LowResolution">Logits at a quarter of the network's input, within ±32, to be fed back: <c>[B, M, S/4, S/4]</c>.</param>
internal sealed record PicturePrediction(Tensor Masks, Tensor Ious, Tensor LowResolution) : IDisposable
{
    public void Dispose()
    {
        Masks.Dispose();
        Ious.Dispose();
        LowResolution.Dispose();
    }
}
