using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>Feature pyramid neck: every stage is projected to one width; listed levels also receive the next deeper one, enlarged.</summary>
public sealed class FpnNeck : nn.Module
{
    /// <summary>Projections, deepest stage first.</summary>
    internal readonly ModuleList<FpnLateral> convs;
    private readonly FpnNeckConfiguration configuration;

    public FpnNeck(FpnNeckConfiguration configuration)
        : base(nameof(FpnNeck))
    {
        this.configuration = configuration;
        convs = nn.ModuleList([.. configuration.BackboneChannelList.Select(c => new FpnLateral(c, configuration))]);
        RegisterComponents();
    }

    /// <param name="stages">The trunk's outputs <c>[B,C,H,W]</c>, finest first.</param>
    /// <param name="finest">First level that is wanted.</param>
    /// <returns>Maps <c>[B,d,H,W]</c>, finest first.</returns>
    public Tensor[] forward(IReadOnlyList<Tensor> stages, int finest = 0)
    {
        using var scope = NewDisposeScope();
        var outputs = new Tensor[stages.Count];
        for (var level = stages.Count - 1; level >= finest; level--)
        {
            var lateral = convs[convs.Count - 1 - level].forward(stages[level]);
            outputs[level] = level < stages.Count - 1 && IsTopDown(level) ? Fuse(lateral, outputs[level + 1]) : lateral;
        }

        return [.. outputs[finest..].Select(o => o.MoveToOuterDisposeScope())];
    }

    /// <summary>Whether a level is one 1 x 1 projection of its stage and nothing more.</summary>
    internal bool IsPlain(int level) => !IsTopDown(level) && configuration.KernelSize == 1;

    /// <summary>
    /// A plain level followed by another 1 x 1 projection, as the one projection that the two make together: the wide map between them, the
    /// largest of the whole encoder, is never made.
    /// </summary>
    internal Tensor ForwardFolded(Tensor stage, int level, Conv2d next)
    {
        using var scope = NewDisposeScope();
        var lateral = convs[convs.Count - 1 - level].conv;
        var outer = next.weight!.flatten(1); // out,d
        var weight = outer.mm(lateral.weight!.flatten(1)); // out,C
        var bias = next.bias! + outer.mv(lateral.bias!);
        return linear(stage.permute(0, 2, 3, 1), weight, bias).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    private bool IsTopDown(int level) => configuration.FpnTopDownLevels?.Contains(level) ?? true;

    private Tensor Fuse(Tensor lateral, Tensor deeper)
    {
        var enlarged = configuration.FpnInterpModel == FpnInterpolation.Nearest
            ? interpolate(deeper.to(ScalarType.Float32), scale_factor: [2, 2], mode: InterpolationMode.Nearest)
            : interpolate(deeper.to(ScalarType.Float32), scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false);
        var sum = lateral + enlarged.to(lateral.dtype);
        return configuration.FuseType == FpnFusion.Avg ? sum / 2 : sum;
    }
}

/// <summary>One stage's projection.</summary>
public sealed class FpnLateral : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d conv;

    public FpnLateral(int channels, FpnNeckConfiguration configuration)
        : base(nameof(FpnLateral))
    {
        conv = nn.Conv2d(channels, configuration.DModel, (long)configuration.KernelSize, stride: (long)configuration.Stride, padding: (long)configuration.Padding);
        RegisterComponents();
    }

    /// <summary>The trunk's maps have their channels last, so that a 1 x 1 convolution is a linear layer with no copy.</summary>
    public override Tensor forward(Tensor x)
    {
        if (conv.kernel_size is not [1, 1])
            return conv.forward(x);
        using var scope = NewDisposeScope();
        return linear(x.permute(0, 2, 3, 1), conv.weight!.flatten(1), conv.bias).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
