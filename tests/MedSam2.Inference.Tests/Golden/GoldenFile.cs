using System.Text.Json;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Golden;

/// <summary>One file of reference numbers. Tensors may be whole, or digests of 256 samples (tests/golden/README.md, section 4).</summary>
internal sealed class GoldenFile : IDisposable
{
    private readonly SafetensorsFile file;

    public GoldenFile(params string[] parts) => file = SafetensorsFile.Open(RepositoryPaths.Golden(parts));

    public bool Has(string name) => file.Tensors.ContainsKey(name) || file.Tensors.ContainsKey(name + "#idx");

    /// <summary>Whether only samples of a tensor are stored.</summary>
    public bool IsDigest(string name) => !file.Tensors.ContainsKey(name);

    public Tensor Tensor(string name) => file.Read(name);

    public T[] Values<T>(string name)
        where T : unmanaged
    {
        using var tensor = file.Read(name);
        return tensor.data<T>().ToArray();
    }

    public string Text(string name) => file.Metadata[name];

    public JsonElement Json(string name) => JsonDocument.Parse(file.Metadata[name]).RootElement;

    /// <summary>Largest absolute difference from the stored values, whole or sampled; the shapes must agree.</summary>
    public double MaxDifference(string name, Tensor actual)
    {
        using var scope = NewDisposeScope();
        actual = actual.detach().cpu().to(ScalarType.Float32);
        if (file.Tensors.ContainsKey(name))
        {
            var expected = file.Read(name).to(ScalarType.Float32);
            Assert.Equal(expected.shape, actual.shape);
            return expected.numel() == 0 ? 0 : (expected - actual).abs().max().item<float>();
        }

        Assert.Equal(Values<long>(name + "#shape"), actual.shape);
        return (file.Read(name + "#val") - actual.flatten()[file.Read(name + "#idx")]).abs().max().item<float>();
    }

    /// <summary>Largest absolute difference, how many elements differ by more than 1e-3 and of how many, and the share whose signs differ.</summary>
    /// <param name="name">Of the stored tensor, whole or sampled.</param>
    /// <param name="actual">What to compare with it.</param>
    /// <param name="ignoreContested">Leaves out pixels that went to the other of two equally strong objects.</param>
    public (double Largest, long Changed, long Count, double Signs) Difference(string name, Tensor actual, bool ignoreContested = false)
    {
        using var scope = NewDisposeScope();
        actual = actual.detach().cpu().to(ScalarType.Float32);
        Tensor expected;
        if (file.Tensors.ContainsKey(name))
        {
            expected = file.Read(name).to(ScalarType.Float32);
            Assert.Equal(expected.shape, actual.shape);
        }
        else
        {
            Assert.Equal(Values<long>(name + "#shape"), actual.shape);
            expected = file.Read(name + "#val").to(ScalarType.Float32);
            actual = actual.flatten()[file.Read(name + "#idx")];
        }

        var difference = (expected - actual).abs();
        if (ignoreContested)
            difference = difference.where(expected.le(-10).logical_or(actual.le(-10)).logical_not(), zeros_like(difference));
        return (
            difference.max().item<float>(),
            difference.gt(1e-3).sum().item<long>(),
            difference.numel(),
            expected.gt(0).ne(actual.gt(0)).to(ScalarType.Float32).mean().item<float>());
    }

    public void Dispose() => file.Dispose();
}
