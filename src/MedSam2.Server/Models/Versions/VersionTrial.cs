using MedSam2.Inference;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;

namespace MedSam2.Server.Models.Versions;

/// <summary>How two networks did on the same images.</summary>
internal sealed record VersionComparison(ModelScore Candidate, ModelScore Present);

/// <summary>Puts a trained network and the present one before the same validation images.</summary>
/// <param name="load">Loads a network from its folder.</param>
/// <param name="device">Where the networks run.</param>
/// <param name="progress">The share that is done, 0 to 1.</param>
internal sealed class VersionTrial(Func<string, SegmentationModel> load, IDeviceTurns device, IProgress<double>? progress = null)
{
    /// <returns>Null where there are no images to compare on.</returns>
    public VersionComparison? Compare(string candidate, string present, IReadOnlyList<EvaluationCaseSource> images, CancellationToken cancellation) => images.Count == 0
        ? null
        : new(Measure(candidate, images, 0, cancellation), Measure(present, images, 0.5, cancellation));

    private ModelScore Measure(string path, IReadOnlyList<EvaluationCaseSource> images, double done, CancellationToken cancellation)
    {
        var model = device.Run(() => load(path));
        try
        {
            return ModelScore.Measure(model, images, device: device, progress: new Half(progress, done), cancellation: cancellation);
        }
        finally
        {
            model.Dispose();
        }
    }

    private sealed class Half(IProgress<double>? progress, double done) : IProgress<double>
    {
        public void Report(double value) => progress?.Report(done + (value / 2));
    }
}
