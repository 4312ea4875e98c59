using System.Diagnostics;
using MedSam2.Inference;
using MedSam2.Training.Evaluation.Reporting;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>Runs a protocol and sums up.</summary>
public static class Evaluator
{
    /// <exception cref="EvaluationException">No structure of any case can be used, or the cases do not suit the protocol.</exception>
    /// <inheritdoc cref="ProtocolContext"/>
    public static EvaluationReport Run(
        Protocol protocol,
        SegmentationModel model,
        IReadOnlyList<EvaluationCaseSource> sources,
        EvaluationOptions options,
        IProgress<double>? progress = null,
        IDeviceTurns? device = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sources);
        var start = Stopwatch.GetTimestamp();
        var context = new ProtocolContext(model, sources, options, progress, device, cancellation);
        protocol.Run(context);
        if (context.Rows.Count == 0 && context.LeftOut.Count > 0)
            throw new EvaluationException($"Nothing could be measured. {string.Join(' ', context.LeftOut)}");
        if (context.Rows.Count == 0)
            throw new EvaluationException($"None of the {sources.Count} images holds a structure that can be used: large enough, on several slices of a volume, and in one piece. The options loosen this.");
        return new(
            protocol.Name,
            model.Name,
            model.Sha256,
            context.Rows.Select(r => r.Case).Distinct().Count(),
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            EvaluationSummary.Of(context.Rows, protocol.StepsTogether),
            context.Rows,
            context.Traces)
        {
            LeftOut = context.LeftOut,
        };
    }
}
