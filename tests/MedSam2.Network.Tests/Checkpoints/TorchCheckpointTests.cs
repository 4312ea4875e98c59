using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Checkpoints;

public sealed class TorchCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("toy.pt")]
    [InlineData("toy_legacy.pt")]
    public void Either_torch_format_holds_what_the_safetensors_file_holds(string name)
    {
        using var expected = Checkpoint.Open(RepositoryPaths.Golden("toy", "toy.safetensors"));
        using var actual = Checkpoint.Open(RepositoryPaths.Golden("toy", name));

        AssertSame(expected, actual, widen: false);
    }

    [Fact]
    public void Half_precision_holds_the_rounded_values()
    {
        using var full = Checkpoint.Open(RepositoryPaths.Golden("toy", "toy.safetensors"));
        using var half = Checkpoint.Open(RepositoryPaths.Golden("toy", "toy_fp16.pt"));

        Assert.Equal(full.Tensors.Keys.Order(StringComparer.Ordinal), half.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var name in full.Tensors.Keys)
        {
            Assert.Equal(ScalarType.Float16, half.Tensors[name].Type);
            Assert.True(half.Read(name).eq(full.Read(name).to(float16)).all().item<bool>(), name);
        }
    }

    [Theory]
    [InlineData("odd.pt")]
    [InlineData("odd_legacy.pt")]
    public void Parameters_views_shared_storage_and_all_types_read_as_their_values(string name)
    {
        using var expected = Checkpoint.Open(RepositoryPaths.Golden("toy", "odd_expected.safetensors"));
        using var actual = Checkpoint.Open(RepositoryPaths.Golden("toy", name));

        Assert.Equal(ScalarType.BFloat16, actual.Tensors["bf16"].Type);
        AssertSame(expected, actual, widen: true);
    }

    [Fact]
    public void Format_is_told_by_content_and_not_by_name()
    {
        var path = folder.File("weights.safetensors");
        File.Copy(RepositoryPaths.Golden("toy", "odd.pt"), path);

        using var checkpoint = Checkpoint.Open(path);

        Assert.Equal(10, checkpoint.Tensors.Count);
    }

    [Fact]
    public void Conversion_to_safetensors_keeps_every_value()
    {
        var path = folder.File("odd.safetensors");
        using var source = Checkpoint.Open(RepositoryPaths.Golden("toy", "odd.pt"));

        SafetensorsFile.Write(path, source, new Dictionary<string, string> { ["format"] = "pt" });

        using var converted = SafetensorsFile.Open(path);
        Assert.Equal("pt", converted.Metadata["format"]);
        AssertSame(source, converted, widen: false);
    }

    [Fact]
    public void Several_threads_read_one_checkpoint()
    {
        using var expected = Checkpoint.Open(RepositoryPaths.Golden("toy", "toy.safetensors"));
        using var actual = Checkpoint.Open(RepositoryPaths.Golden("toy", "toy.pt"));

        Parallel.ForEach(expected.Tensors.Keys, new ParallelOptions { MaxDegreeOfParallelism = 4 }, name =>
        {
            using var inner = NewDisposeScope();
            Assert.True(actual.Read(name).eq(expected.Read(name)).all().item<bool>(), name);
        });
    }

    private static void AssertSame(Checkpoint expected, Checkpoint actual, bool widen)
    {
        Assert.Equal(expected.Tensors.Keys.Order(StringComparer.Ordinal), actual.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in expected.Tensors)
        {
            using var inner = NewDisposeScope();
            Assert.Equal(tensor.Shape, actual.Tensors[name].Shape);
            var value = actual.Read(name);
            Assert.Equal(actual.Tensors[name].Type, value.dtype);
            Assert.True(value.is_contiguous(), name);
            if (widen)
                value = value.to(tensor.Type);
            Assert.Equal(tensor.Type, value.dtype);
            Assert.Equal(tensor.Shape, value.shape);
            Assert.True(value.eq(expected.Read(name)).all().item<bool>(), name);
        }
    }
}
