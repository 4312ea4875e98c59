using System.Globalization;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.NetworkTestSupport;

/// <summary>
/// One file of reference numbers. Tensors are whole, or digests of 256 samples (tests/golden/README.md, section 4). Limits of comparison are those of
/// section 6, and are never to be loosened.
/// </summary>
public sealed class GoldenFile : IDisposable
{
    /// <summary>Largest error of an activation, absolute and relative to its value.</summary>
    public const double Module = 1e-4;

    /// <summary>Largest error of a position table.</summary>
    public const double Table = 1e-5;

    /// <summary>Largest absolute error of a full-size encoder.</summary>
    public const double FullSizeEncoder = 1e-3;

    private readonly SafetensorsFile file;

    private GoldenFile(string path) => file = SafetensorsFile.Open(path);

    /// <summary>Opens tests/golden/<paramref name="folder"/>/<paramref name="name"/>.safetensors.</summary>
    public static GoldenFile Open(string folder, string name) => new(RepositoryPaths.Golden(folder, $"{name}.safetensors"));

    public IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    /// <summary>A tensor that is stored whole.</summary>
    public Tensor this[string name] => file.Read(name);

    public bool Has(string name) => file.Tensors.ContainsKey(name) || file.Tensors.ContainsKey(name + "#idx");

    /// <summary>Every element, or every one of the digest, within <paramref name="absolute"/> + <paramref name="relative"/> * |expected|.</summary>
    public void AssertMatches(string name, Tensor actual, double absolute = Module, double relative = Module)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (file.Tensors.ContainsKey(name))
        {
            AssertClose(this[name], actual, absolute, relative, name);
            return;
        }

        AssertShape(this[name + "#shape"].data<long>().ToArray(), actual, name);
        var values = actual.detach().cpu().to(ScalarType.Float32).contiguous();
        AssertClose(this[name + "#val"], values.flatten().index_select(0, this[name + "#idx"]), absolute, relative, name + "#val");

        // Neither a mean nor an extreme can be further off than the elements may be; deviation and norm follow.
        var stats = this[name + "#stats"];
        var doubles = values.to(ScalarType.Float64);
        AssertClose(stats.narrow(0, 0, 4), stack([doubles.mean(), doubles.std(false), doubles.min(), doubles.max()]), absolute, relative, name + "#stats");
        AssertClose(stats[4], doubles.norm(), absolute * Math.Sqrt(values.numel()), relative, name + "#stats, norm");
        if (file.Tensors.ContainsKey(name + "#strided"))
        {
            var (height, width) = (values.size(-2), values.size(-1));
            var step = width / 32;
            AssertClose(this[name + "#strided"], values.slice(-1, step / 2, width, step).slice(-2, step / 2, height, step), absolute, relative, name + "#strided");
        }
    }

    public static void AssertClose(Tensor expected, Tensor actual, double absolute = Module, double relative = Module, string name = "tensor")
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        AssertShape(expected.shape, actual, name);
        if (expected.numel() == 0)
            return;
        var (wanted, got) = (expected.to(ScalarType.Float64).flatten(), actual.detach().cpu().to(ScalarType.Float64).flatten());
        var error = (wanted - got).abs();
        var excess = (error - (wanted.abs() * relative)).max().item<double>() - absolute;
        Assert.True(
            excess <= 0, // false for NaN
            string.Create(CultureInfo.InvariantCulture, $"{name}: largest difference {error.max().item<double>():g4}, limit {absolute:g3} + {relative:g3} * |x|"));
    }

    public void Dispose() => file.Dispose();

    private static void AssertShape(long[] expected, Tensor actual, string name) =>
        Assert.True(expected.SequenceEqual(actual.shape), $"{name}: the shape is [{string.Join(",", actual.shape)}], [{string.Join(",", expected)}] is expected");
}
