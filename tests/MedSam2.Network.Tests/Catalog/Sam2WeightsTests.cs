using System.Security.Cryptography;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Catalog;

public sealed class Sam2WeightsTests : IDisposable
{
    private static readonly string NanoFile = Path.Combine(RepositoryPaths.NanoModel, "medsam2-nano.safetensors");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Folder_gives_its_weights_and_configuration()
    {
        var weights = Sam2Weights.Find(RepositoryPaths.NanoModel);

        Assert.Equal("medsam2-nano", weights.Name);
        Assert.Equal(NanoFile, weights.Path);
        Assert.Equal(256, weights.Configuration.ImageSize);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(NanoFile))), weights.Sha256);
    }

    [Fact]
    public void Embedded_model_loads_with_every_value_of_its_file()
    {
        using var model = Sam2Weights.Find(RepositoryPaths.NanoModel).Load();
        using var checkpoint = Checkpoint.Open(NanoFile);
        using var scope = NewDisposeScope();

        Assert.False(model.training);
        foreach (var (name, tensor) in model.state_dict())
            Assert.True(tensor.eq(checkpoint.Read(name)).all().item<bool>(), name);
    }

    [Fact]
    public void Model_loads_in_another_precision()
    {
        using var model = Sam2Weights.Find(RepositoryPaths.NanoModel).Load(type: ScalarType.BFloat16);

        Assert.Equal(ScalarType.BFloat16, model.Type);
    }

    [Fact]
    public void File_without_configuration_is_recognised_by_its_shapes()
    {
        var path = folder.File("renamed.bin");
        File.Copy(NanoFile, path);

        var weights = Sam2Weights.Find(path);

        Assert.Equal("renamed", weights.Name);
        Assert.Equal("medsam2-nano", weights.ConfigurationSource);
    }

    [Theory]
    [InlineData("toy.pt")]
    [InlineData("toy_legacy.pt")]
    [InlineData("toy_fp16.pt")]
    [InlineData("toy.safetensors")]
    public void Weights_with_a_configuration_beside_them_load(string name)
    {
        var path = folder.File(name);
        File.Copy(RepositoryPaths.Golden("toy", name), path);
        File.Copy(RepositoryPaths.Golden("toy", "toy.yaml"), folder.File("config.yaml"));

        using var model = Sam2Weights.Find(path).Load();

        Assert.Equal(128, model.Configuration.ImageSize);
        Assert.Equal(ScalarType.Float32, model.Type);
    }

    [Fact]
    public void Configuration_of_the_same_name_goes_before_the_folder_s()
    {
        File.Copy(RepositoryPaths.Golden("toy", "toy.pt"), folder.File("toy.pt"));
        File.Copy(RepositoryPaths.Golden("toy", "toy.yaml"), folder.File("toy.yaml"));
        folder.Write("config.yaml", "none of ours"u8);

        Assert.Equal(folder.File("toy.yaml"), Sam2Weights.Find(folder.File("toy.pt")).ConfigurationSource);
    }

    [Fact]
    public void Weights_of_another_configuration_are_refused_with_all_that_differs()
    {
        File.Copy(RepositoryPaths.Golden("toy", "toy.pt"), folder.File("toy.pt"));
        File.Copy(RepositoryPaths.Golden("toy20", "toy20.yaml"), folder.File("config.yaml"));

        var e = Assert.Throws<StateDictException>(() => Sam2Weights.Find(folder.Path).Load());

        Assert.Contains("no_obj_embed_spatial", e.Unexpected);
    }

    [Fact]
    public void Folder_without_weights_or_with_too_many_is_refused()
    {
        Assert.Contains("no weights", Assert.Throws<CheckpointException>(() => Sam2Weights.Find(folder.Path)).Message, StringComparison.Ordinal);

        folder.Write("a.pt", "a"u8);
        folder.Write("b.pt", "b"u8);
        Assert.Contains("2 .pt files", Assert.Throws<CheckpointException>(() => Sam2Weights.Find(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_path_is_named()
    {
        var e = Assert.Throws<CheckpointException>(() => Sam2Weights.Find(folder.File("nothing")));

        Assert.Contains("nothing", e.Message, StringComparison.Ordinal);
    }
}
