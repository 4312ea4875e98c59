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
    /// <returns>As many maps <c>[B,d,H,W]</c>, finest first.</returns>
    public Tensor[] forward(IReadOnlyList<Tensor> stages)
    {
        using var scope = NewDisposeScope();
        var outputs = new Tensor[stages.Count];
        for (var level = stages.Count - 1; level >= 0; level--)
        {
            var lateral = convs[convs.Count - 1 - level].forward(stages[level]);
            outputs[level] = level < stages.Count - 1 && IsTopDown(level) ? Fuse(lateral, outputs[level + 1]) : lateral;
        }

        return [.. outputs.Select(o => o.MoveToOuterDisposeScope())];
    }

    internal bool IsTopDown(int level) => configuration.FpnTopDownLevels?.Contains(level) ?? true;

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

    public override Tensor forward(Tensor x) => conv.forward(x);
}
