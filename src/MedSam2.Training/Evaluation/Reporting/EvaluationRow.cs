namespace MedSam2.Training.Evaluation.Reporting;

/// <summary>One method's answer about one structure.</summary>
/// <param name="Case">The image.</param>
/// <param name="Structure">Which of its labels.</param>
/// <param name="Setting">What was asked: the prompted slice alone, the volume, the rest of a set.</param>
/// <param name="Step">Corrections made, prompts given, or number of the order; 0 where there is but one.</param>
/// <param name="Method">The model (with its way of tracking) or a baseline.</param>
/// <param name="Dice">See <see cref="SegmentationScore"/>.</param>
/// <param name="Iou">See <see cref="SegmentationScore"/>.</param>
/// <param name="SurfaceDice">See <see cref="SegmentationScore"/>.</param>
/// <param name="Hausdorff95">In mm (in pixels of pictures); null where one of the masks is empty, so that there is none.</param>
public sealed record EvaluationRow(
    string Case, string Structure, string Setting, int Step, string Method, double Dice, double Iou, double SurfaceDice, double? Hausdorff95)
{
    /// <summary>On which slices the method saw the structure; null where one slice, or one picture, was asked for.</summary>
    public SlicePresence? Slices { get; init; }

    public static EvaluationRow Of(string image, string structure, string setting, int step, string method, SegmentationScore score) =>
        new(image, structure, setting, step, method, score.Dice, score.Iou, score.SurfaceDice, double.IsFinite(score.Hausdorff95) ? score.Hausdorff95 : null);
}

/// <summary>A quantity followed along a propagation.</summary>
/// <param name="Case">The image.</param>
/// <param name="Structure">Which of its labels.</param>
/// <param name="Method">Way of tracking.</param>
/// <param name="Step">Slices visited so far.</param>
/// <param name="Value">What the protocol measures.</param>
public sealed record EvaluationTrace(string Case, string Structure, string Method, int Step, double Value);
