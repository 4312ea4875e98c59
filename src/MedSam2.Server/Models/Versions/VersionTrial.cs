using MedSam2.Inference;
using MedSam2.Network.Catalog;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;

namespace MedSam2.Server.Models.Versions;

/// <summary>How a network and the one that is served did on the same images.</summary>
/// <param name="Against">Number of the version that was served.</param>
/// <param name="Candidate">How good the network is.</param>
/// <param name="Present">How good the served one is.</param>
internal sealed record VersionComparison(int Against, ModelScore Candidate, ModelScore Present)
{
    /// <summary>Whether the network may take the served one's place.</summary>
    public bool IsBetter => Candidate.Beats(Present);
}

/// <summary>Puts a trained network and the one that is served before the same validation images.</summary>
/// <param name="load">Loads a network from its folder.</param>
/// <param name="device">Where the networks run.</param>
/// <param name="progress">The share that is done, 0 to 1.</param>
internal sealed class VersionTrial(Func<string, SegmentationModel> load, IDeviceTurns device, IProgress<double>? progress = null)
{
    /// <summary>
    /// Compares with what is served now, not with what the training began with: somebody may have chosen another version since. Where that
    /// happens while it compares, it compares with that version, too.
    /// </summary>
    /// <param name="candidate">Folder of the trained network.</param>
    /// <param name="versions">Which version is served.</param>
    /// <param name="images">What both are asked about; neither has learnt from any of them.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <returns>Null where there are no images to compare on.</returns>
    public VersionComparison? Compare(string candidate, ModelVersions versions, IReadOnlyList<EvaluationCaseSource> images, CancellationToken cancellation)
    {
        if (images.Count == 0)
            return null;
        // A run that was killed after its network was served goes on to what it had found.
        var sha256 = Sam2Weights.Find(candidate).Sha256;
        if (versions.List().FirstOrDefault(version => version.Number == versions.Served && version.Sha256 == sha256) is { } itself)
            return itself.Comparison;

        var score = Measure(candidate, images, 0, cancellation);
        while (true)
        {
            var served = versions.Served;
            var present = Measure(versions.PathOf(served), images, 0.5, cancellation);
            if (versions.Served == served)
                return new(served, score, present);
        }
    }

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
