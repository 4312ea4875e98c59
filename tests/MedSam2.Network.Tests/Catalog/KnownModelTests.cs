using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Network.Tests.Catalog;

public sealed class KnownModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Published { get; } =
    [
        .. Directory.GetFiles(RepositoryPaths.Golden(), "keys.json", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!))
            .Where(name => !name.StartsWith("toy", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_published_configuration_comes_with_the_library()
    {
        var folders = Directory.GetDirectories(Path.GetDirectoryName(RepositoryPaths.NanoModel)!).Select(f => Path.GetFileName(f)!);

        Assert.Equal(folders.Order(StringComparer.Ordinal), KnownModel.All.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.All(Published, row => Assert.Contains(KnownModel.All, m => m.Name == row.Data));
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void Official_file_is_recognised(string name)
    {
        using var checkpoint = Checkpoint.Open(SparseCheckpoint.Write(folder, $"{name}.pt", name));

        Assert.Equal(name, KnownModel.Recognise(checkpoint).Name);
    }

    [Theory]
    [InlineData("MedSAM2_latest.pt", 512)]
    [InlineData("sam2.1_tiny.safetensors", 1024)]
    public void Name_of_the_file_decides_between_networks_of_the_same_shapes(string name, int imageSize)
    {
        using var checkpoint = Checkpoint.Open(SparseCheckpoint.Write(folder, name, "sam2.1_hiera_tiny"));

        Assert.Equal(imageSize, KnownModel.Recognise(checkpoint).Configuration.ImageSize);
    }

    [Fact]
    public void Weights_that_fit_two_networks_and_name_none_are_refused()
    {
        using var checkpoint = Checkpoint.Open(SparseCheckpoint.Write(folder, "best.pt", "sam2.1_hiera_tiny"));

        var e = Assert.Throws<CheckpointException>(() => KnownModel.Recognise(checkpoint));

        Assert.Contains("medsam2_t512 (512 pixels), sam2.1_hiera_tiny (1024 pixels)", e.Message, StringComparison.Ordinal);
        Assert.Contains("config.yaml", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_fit_one_network_under_two_names_are_recognised()
    {
        using var checkpoint = Checkpoint.Open(SparseCheckpoint.Write(folder, "best.pt", "sam2_hiera_small"));

        Assert.Contains("sam2_hiera_small", KnownModel.Recognise(checkpoint).Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_shapes_are_refused_with_what_they_are()
    {
        using var checkpoint = Checkpoint.Open(RepositoryPaths.Golden("toy", "toy.pt"));

        var e = Assert.Throws<CheckpointException>(() => KnownModel.Recognise(checkpoint));

        Assert.Contains("from 8 channels", e.Message, StringComparison.Ordinal);
        Assert.Contains("SAM 2.1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_something_else_are_refused()
    {
        using var checkpoint = Checkpoint.Open(RepositoryPaths.Golden("toy", "odd.pt"));

        var e = Assert.Throws<CheckpointException>(() => KnownModel.Recognise(checkpoint));

        Assert.Contains("not the weights of a SAM 2", e.Message, StringComparison.Ordinal);
    }
}
