using static TorchSharp.torch;

namespace MedSam2.Training.Losses;

/// <summary>
/// The terms of SAM 2's training loss, one value an object and a candidate mask. Shapes: mask logits and targets
/// <c>[N, M, H, W]</c> (N objects, M candidates; targets may have M = 1), results <c>[N, M]</c>. Targets are 0 or 1.
/// </summary>
/// <remarks>Ravi et al., "SAM 2", section D.2; Lin et al., "Focal Loss"; Milletari et al., "V-Net".</remarks>
public static class MaskLosses
{
    /// <summary>
    /// Sigmoid focal loss, averaged over the pixels: <c>-a_t (1 - p_t)^gamma log(p_t)</c>, where <c>p_t</c> is the
    /// probability given to the right answer and <c>a_t</c> is alpha for object pixels and 1 - alpha for the others.
    /// </summary>
    public static Tensor Focal(Tensor logits, Tensor targets, double alpha = 0.25, double gamma = 2)
    {
        using var scope = NewDisposeScope();
        var target = targets.expand_as(logits);
        var crossEntropy = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction: nn.Reduction.None);
        var p = logits.sigmoid();
        var right = (p * target) + ((1 - p) * (1 - target));
        var weight = (alpha * target) + ((1 - alpha) * (1 - target));
        return (weight * crossEntropy * (1 - right).pow(gamma)).flatten(2).mean([2]).MoveToOuterDisposeScope();
    }

    /// <summary>Soft Dice loss: <c>1 - (2 Σ p t + 1) / (Σ p + Σ t + 1)</c>; the ones keep an empty target defined.</summary>
    public static Tensor Dice(Tensor logits, Tensor targets)
    {
        using var scope = NewDisposeScope();
        var p = logits.sigmoid().flatten(2);
        var target = targets.expand_as(logits).flatten(2);
        var overlap = (p * target).sum(2);
        return (1 - (((2 * overlap) + 1) / (p.sum(2) + target.sum(2) + 1))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Cross-entropy averaged over the object's box and a margin around it, so that a small object's border weighs as much as a
    /// large one's. Targets may be shares from 0 to 1.
    /// </summary>
    /// <param name="logits"><c>[N,M,H,W]</c>.</param>
    /// <param name="targets"><c>[N,1,H,W]</c>.</param>
    /// <param name="margin">Pixels around the box.</param>
    public static Tensor LocalCrossEntropy(Tensor logits, Tensor targets, long margin = 3)
    {
        using var scope = NewDisposeScope();
        var rows = Near(targets.amax([3])).unsqueeze(3); // N,1,H,1
        var columns = Near(targets.amax([2])).unsqueeze(2); // N,1,1,W
        var near = rows * columns;
        var crossEntropy = nn.functional.binary_cross_entropy_with_logits(logits, targets.expand_as(logits), reduction: nn.Reduction.None);
        return ((crossEntropy * near).sum([2, 3]) / near.sum([2, 3]).clamp_min(1)).MoveToOuterDisposeScope();

        Tensor Near(Tensor extent) => nn.functional.max_pool1d((extent > 0).to(logits.dtype), (2 * margin) + 1, stride: 1, padding: margin);
    }

    /// <summary>
    /// Distance between the IoU the network predicts for each candidate (<c>[N, M]</c>) and the IoU that the candidate,
    /// cut at logit 0, has. The measured IoU is a constant here: only the prediction learns from it.
    /// </summary>
    public static Tensor IouL1(Tensor logits, Tensor targets, Tensor predictedIous)
    {
        using var scope = NewDisposeScope();
        return (predictedIous - MeasureIou(logits, targets)).abs().MoveToOuterDisposeScope();
    }

    /// <summary>IoU of each candidate with its target, both cut to masks, without gradient; two empty masks agree: 1.</summary>
    public static Tensor MeasureIou(Tensor logits, Tensor targets)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        // Zeros and ones as float32, whose sums are exact up to 16 million pixels and many times as fast as those of truth values.
        var mask = logits.gt(0).to(ScalarType.Float32).flatten(2);
        var target = targets.gt(0.5).to(ScalarType.Float32).flatten(2); // [N, 1 or M, H*W]
        var overlap = (mask * target).sum(2);
        var union = mask.sum(2) + target.sum(2) - overlap;
        (overlap, union) = (overlap.to(logits.dtype), union.to(logits.dtype));
        return where(union > 0, overlap / union.clamp_min(1), ones_like(union)).MoveToOuterDisposeScope();
    }

    /// <summary>Cross-entropy of the occlusion head: is the object on the slice at all? Logits and truth <c>[N, 1]</c>, result <c>[N]</c>.</summary>
    public static Tensor Occlusion(Tensor objectScoreLogits, Tensor present)
    {
        using var scope = NewDisposeScope();
        return nn.functional.binary_cross_entropy_with_logits(objectScoreLogits, present, reduction: nn.Reduction.None)
            .squeeze(1).MoveToOuterDisposeScope();
    }
}
