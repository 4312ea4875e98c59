using System.Runtime.InteropServices;
using MedSam2.Network;
using MedSam2.TestSupport;
using MedSam2.TestSupport.Formula;
using static TorchSharp.torch;

namespace MedSam2.NetworkTestSupport;

/// <summary>Networks with the weights that every golden file was made with (tests/golden/README.md, section 1).</summary>
public static class FormulaModel
{
    /// <summary>A model in evaluation mode, float32 on the CPU.</summary>
    /// <param name="name"><c>toy</c>, <c>toy20</c>, or a folder of manifests/models.</param>
    /// <param name="change">Applied to the configuration as it was read.</param>
    public static Sam2Model Create(string name, Func<Sam2Configuration, Sam2Configuration>? change = null)
    {
        var configuration = Sam2ConfigurationReader.Read(ConfigurationFile(name));
        var model = new Sam2Model(change is null ? configuration : change(configuration));
        SetWeights(model);
        model.eval();
        return model;
    }

    public static string ConfigurationFile(string name) => name is "toy" or "toy20"
        ? RepositoryPaths.Golden(name, $"{name}.yaml")
        : Path.Combine(RepositoryPaths.Root, "manifests", "models", name, "config.yaml");

    /// <summary>Overwrites all parameters and buffers.</summary>
    public static void SetWeights(nn.Module module)
    {
        using var frozen = no_grad();
        foreach (var (key, tensor) in module.state_dict())
            FormulaWeights.Values(key, tensor.shape).CopyTo(MemoryMarshal.Cast<byte, float>(tensor.bytes));
    }

    /// <summary>Fills one parameter with a value, as the <c>weight_overrides</c> of tracking files say.</summary>
    public static void Override(nn.Module module, string key, double value)
    {
        using var frozen = no_grad();
        module.state_dict()[key].fill_(value);
    }

    /// <summary>A formula tensor that is no weight: seeded with <c>input:</c> and its name (section 2).</summary>
    public static Tensor Input(string name, long[] shape, double offset, double scale) =>
        tensor(SplitMix.Values("input:" + name, shape.Aggregate(1L, (a, b) => a * b), offset, scale), shape);

    /// <summary>Model input <c>[1,3,size,size]</c> of interleaved RGB: divided by 255, then mean and deviation, in float32 and in that order.</summary>
    public static Tensor Normalize(byte[] pixels, long size)
    {
        using var scope = NewDisposeScope();
        var image = tensor(pixels, [size, size, 3]).permute(2, 0, 1).unsqueeze(0).to(ScalarType.Float32) / 255;
        var mean = tensor([0.485f, 0.456f, 0.406f]).view(1, 3, 1, 1);
        var deviation = tensor([0.229f, 0.224f, 0.225f]).view(1, 3, 1, 1);
        return ((image - mean) / deviation).contiguous().MoveToOuterDisposeScope();
    }
}
