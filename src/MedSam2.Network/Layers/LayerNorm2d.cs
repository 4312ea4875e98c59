using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>Layer normalisation over the channels of <c>[B,C,H,W]</c>, epsilon 1e-6.</summary>
public sealed class LayerNorm2d : nn.Module<Tensor, Tensor>
{
    internal readonly Parameter weight;
    internal readonly Parameter bias;
    private readonly long[] channels;

    public LayerNorm2d(int channels)
        : base(nameof(LayerNorm2d))
    {
        this.channels = [channels];
        weight = nn.Parameter(ones(channels));
        bias = nn.Parameter(zeros(channels));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = layer_norm(x.permute(0, 2, 3, 1), channels, weight, bias, 1e-6); // B,H,W,C
        return y.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
