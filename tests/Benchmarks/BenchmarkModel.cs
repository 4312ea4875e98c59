using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;

namespace MedSam2.Benchmarks;

/// <summary>A network to measure. Speed does not depend on what the weights are, so where none are at hand those of a formula serve.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="Folder">Of manifests/models.</param>
internal sealed record BenchmarkModel(string Name, string Folder)
{
    public static IReadOnlyList<BenchmarkModel> All { get; } =
    [
        new("nano-256", "medsam2-nano"),
        new("tiny-512", "medsam2_t512"),
        new("tiny-1024", "sam2.1_hiera_tiny"),
    ];

    public Sam2Model Create() => Folder == "medsam2-nano"
        ? Sam2Weights.Find(RepositoryPaths.NanoModel).Load()
        : FormulaModel.Create(Folder);
}
