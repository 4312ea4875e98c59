using static TorchSharp.torch;

namespace MedSam2.Training.Losses;

/// <summary>Weights of the loss terms. The defaults are SAM 2's.</summary>
/// <param name="Focal">Weight of the focal term.</param>
/// <param name="Dice">Weight of the Dice term.</param>
/// <param name="Iou">Weight of the IoU prediction term.</param>
/// <param name="Occlusion">Weight of the occlusion term.</param>
/// <param name="Local">Weight of the cross-entropy around the object (<see cref="MaskLosses.LocalCrossEntropy"/>); not in SAM 2's loss.</param>
/// <param name="Quarter">
/// Masks are compared at the decoder's own quarter resolution, with the share of each pixel that is object as the target: a
/// sixteenth of the work. Otherwise at the image's.
/// </param>
/// <remarks>From random weights 20 : 1 tends to stall where all is background; 5 : 5 : 1 : 1 does not.</remarks>
public sealed record LossWeights(double Focal = 20, double Dice = 1, double Iou = 1, double Occlusion = 1, double Local = 0, bool Quarter = false);

/// <summary>The loss of one slice, by term, each a scalar tensor, and their weighted sum.</summary>
public sealed record SliceLoss(Tensor Total, Tensor Focal, Tensor Dice, Tensor Iou, Tensor Occlusion)
{
    /// <summary>
    /// Of the candidate masks of an ambiguous prompt only the best (least focal plus Dice) learns its mask; every
    /// candidate learns its IoU. An object that is absent teaches the occlusion head alone. The mask terms are means over all objects.
    /// </summary>
    /// <param name="maskLogits">Candidates <c>[N, M, H, W]</c>.</param>
    /// <param name="targets">Truth <c>[N, 1, H, W]</c>, 0 to 1.</param>
    /// <param name="predictedIous"><c>[N, M]</c>.</param>
    /// <param name="objectScoreLogits"><c>[N, 1]</c>.</param>
    /// <param name="weights">Weights of the terms.</param>
    public static SliceLoss Compute(Tensor maskLogits, Tensor targets, Tensor predictedIous, Tensor objectScoreLogits, LossWeights weights)
    {
        using var scope = NewDisposeScope();
        var present = (targets.flatten(1).amax([1], keepdim: true) > 0).to(maskLogits.dtype); // [N, 1]
        var focal = MaskLosses.Focal(maskLogits, targets);
        var dice = MaskLosses.Dice(maskLogits, targets);
        var iou = MaskLosses.IouL1(maskLogits, targets, predictedIous);

        var masks = (focal * weights.Focal) + (dice * weights.Dice);
        if (weights.Local > 0)
            masks = masks + (MaskLosses.LocalCrossEntropy(maskLogits, targets) * weights.Local);

        var best = masks.detach().argmin(1, keepdim: true); // [N, 1]
        var focalTerm = (focal.gather(1, best) * present).mean();
        var diceTerm = (dice.gather(1, best) * present).mean();
        var iouTerm = (iou.mean([1], keepdim: true) * present).mean();
        var occlusionTerm = MaskLosses.Occlusion(objectScoreLogits, present).mean();
        var total = (masks.gather(1, best) * present).mean() + (iouTerm * weights.Iou) + (occlusionTerm * weights.Occlusion);
        return new(
            total.MoveToOuterDisposeScope(),
            focalTerm.MoveToOuterDisposeScope(),
            diceTerm.MoveToOuterDisposeScope(),
            iouTerm.MoveToOuterDisposeScope(),
            occlusionTerm.MoveToOuterDisposeScope());
    }
}
