using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;

namespace MedSam2.Benchmarks;

/// <summary>A network to measure. Speed does not depend on what the weights are, so where none are at hand those of a formula serve.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="Folder">Of manifests/models.</param>
internal sealed record BenchmarkModel(string Name, string Folder)
{
    public static BenchmarkModel Nano { get; } = new("nano-256", "medsam2-nano");

    public static IReadOnlyList<BenchmarkModel> All { get; } = [Nano, new("tiny-512", "medsam2_t512"), new("tiny-1024", "sam2.1_hiera_tiny")];

    private bool HasWeights => this == Nano;

    public Sam2Model CreateNetwork() => HasWeights ? Sam2Weights.Find(RepositoryPaths.NanoModel).Load() : FormulaModel.Create(Folder);

    /// <summary>As a session wants it: from files.</summary>
    public SegmentationModel Load()
    {
        if (HasWeights)
            return SegmentationModel.Load(RepositoryPaths.NanoModel);
        using var folder = new TemporaryFolder();
        using (var network = CreateNetwork())
            SafetensorsFile.Write(folder.File("formula.safetensors"), network.state_dict());
        File.Copy(FormulaModel.ConfigurationFile(Folder), folder.File("config.yaml"));
        return SegmentationModel.Load(folder.Path);
    }
}
