using MedSam2.Training.Losses;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>The loss of a step, and how good its answers were.</summary>
/// <param name="Total">Scalar with gradient.</param>
/// <param name="TotalValue">The value of <paramref name="Total"/>, which outlives the step.</param>
/// <param name="Focal">Focal term, before its weight.</param>
/// <param name="Dice">Dice term, before its weight.</param>
/// <param name="Iou">IoU prediction term, before its weight.</param>
/// <param name="Occlusion">Occlusion term, before its weight.</param>
/// <param name="PromptedIou">Mean IoU on prompted slices, after corrections.</param>
/// <param name="TrackedIou">Mean IoU on tracked slices; not a number for single images.</param>
public sealed record SequenceLoss(Tensor Total, double TotalValue, double Focal, double Dice, double Iou, double Occlusion, double PromptedIou, double TrackedIou)
{
    public static SequenceLoss Mean(IReadOnlyList<SliceLoss> answers, double promptedIou, double trackedIou)
    {
        using var scope = NewDisposeScope();
        if (answers.Count == 0)
            return new(zeros(1).sum().MoveToOuterDisposeScope(), 0, 0, 0, 0, 0, promptedIou, trackedIou);
        var total = stack([.. answers.Select(a => a.Total)]).mean();
        return new(
            total.MoveToOuterDisposeScope(),
            total.item<float>(),
            MeanOf(a => a.Focal),
            MeanOf(a => a.Dice),
            MeanOf(a => a.Iou),
            MeanOf(a => a.Occlusion),
            promptedIou,
            trackedIou);

        double MeanOf(Func<SliceLoss, Tensor> term) => answers.Average(a => term(a).item<float>());
    }

    /// <summary>The losses of a step's batches as one, for reports; tracked slices count where there are any.</summary>
    /// <remarks><see cref="Total"/> is that of the last.</remarks>
    public static SequenceLoss MeanOf(IReadOnlyList<SequenceLoss> losses)
    {
        return new(
            losses[^1].Total,
            losses.Average(l => l.TotalValue),
            losses.Average(l => l.Focal),
            losses.Average(l => l.Dice),
            losses.Average(l => l.Iou),
            losses.Average(l => l.Occlusion),
            losses.Average(l => l.PromptedIou),
            losses.Select(l => l.TrackedIou).Where(iou => !double.IsNaN(iou)).DefaultIfEmpty(double.NaN).Average());
    }

    public SequenceLoss MoveToOuterDisposeScope()
    {
        Total.MoveToOuterDisposeScope();
        return this;
    }
}
