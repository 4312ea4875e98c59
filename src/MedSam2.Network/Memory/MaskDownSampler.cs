using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Brings a mask of image size to the size of the features, with ever more channels.</summary>
public sealed class MaskDownSampler : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<nn.Module<Tensor, Tensor>> encoder;

    public MaskDownSampler(MaskDownSamplerConfiguration configuration)
        : base(nameof(MaskDownSampler))
    {
        encoder = nn.ModuleList<nn.Module<Tensor, Tensor>>([.. Layers(configuration)]);
        RegisterComponents();
    }

    /// <param name="mask"><c>[B,1,S,S]</c>.</param>
    /// <returns><c>[B,embedDim,S/stride,S/stride]</c>.</returns>
    public override Tensor forward(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return encoder.Forward(mask).MoveToOuterDisposeScope();
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Layers(MaskDownSamplerConfiguration configuration)
    {
        var channels = 1;
        for (var stride = 1; stride < configuration.TotalStride; stride *= configuration.Stride)
        {
            var wider = channels * configuration.Stride * configuration.Stride;
            yield return nn.Conv2d(channels, wider, (long)configuration.KernelSize, stride: (long)configuration.Stride, padding: (long)configuration.Padding);
            yield return new LayerNorm2d(wider);
            yield return nn.GELU();
            channels = wider;
        }

        yield return nn.Conv2d(channels, configuration.EmbedDim, 1L);
    }
}
