using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// The stability fallback: the single mask (number 0) is kept while moving the threshold by <c>delta</c> hardly changes its area,
/// otherwise the best of the candidates 1 to 3 by predicted IoU takes its place.
/// </summary>
public static class StableMask
{
    /// <summary>Area above <c>+delta</c> over area above <c>-delta</c>; 1 where the latter is empty.</summary>
    /// <param name="logits"><c>[..., H,W]</c>.</param>
    /// <param name="delta">Logits.</param>
    /// <returns><c>[...]</c>, float32.</returns>
    public static Tensor Stability(Tensor logits, double delta)
    {
        using var scope = NewDisposeScope();
        var pixels = logits.flatten(-2);
        var intersection = pixels.gt(delta).sum(-1).to(ScalarType.Float32);
        var union = pixels.gt(-delta).sum(-1).to(ScalarType.Float32);
        return (intersection / union).where(union.gt(0), ones_like(union)).MoveToOuterDisposeScope();
    }

    /// <param name="masks">All four <c>[B,4,H,W]</c>.</param>
    /// <param name="ious"><c>[B,4]</c>.</param>
    /// <param name="fallback">Delta and threshold.</param>
    /// <returns><c>[B,1,H,W]</c> and <c>[B,1]</c>.</returns>
    public static (Tensor Mask, Tensor Iou) Choose(Tensor masks, Tensor ious, StabilityFallback fallback)
    {
        using var scope = NewDisposeScope();
        var (single, singleIou) = (masks.narrow(1, 0, 1), ious.narrow(1, 0, 1));
        var candidates = masks.size(1) - 1;
        var best = ious.narrow(1, 1, candidates).argmax(1, keepdim: true); // B,1
        var bestIou = ious.narrow(1, 1, candidates).gather(1, best);
        var bestMask = MaskSelection.Take(masks.narrow(1, 1, candidates), best);
        var stable = Stability(single, fallback.DynamicMultimaskStabilityDelta).ge(fallback.DynamicMultimaskStabilityThresh); // B,1
        return (
            single.where(stable.unsqueeze(-1).unsqueeze(-1), bestMask).MoveToOuterDisposeScope(),
            singleIou.where(stable, bestIou).MoveToOuterDisposeScope());
    }
}
