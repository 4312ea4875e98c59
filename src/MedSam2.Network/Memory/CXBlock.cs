using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>A ConvNeXt block: depthwise convolution, norm, a perceptron on the channels, layer scale, shortcut.</summary>
public sealed class CXBlock : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d dwconv;
    internal readonly LayerNorm2d norm;
    internal readonly Linear pwconv1;
    internal readonly Linear pwconv2;
    internal readonly Parameter? gamma;
    private readonly double dropPath;

    public CXBlock(CXBlockConfiguration configuration)
        : base(nameof(CXBlock))
    {
        var dim = configuration.Dim;
        dropPath = configuration.DropPath;
        dwconv = nn.Conv2d(dim, dim, (long)configuration.KernelSize, padding: (long)configuration.Padding, groups: configuration.UseDwconv ? dim : 1);
        norm = new LayerNorm2d(dim);
        pwconv1 = nn.Linear(dim, 4 * dim);
        pwconv2 = nn.Linear(4 * dim, dim);
        gamma = configuration.LayerScaleInitValue > 0 ? nn.Parameter(full(dim, configuration.LayerScaleInitValue)) : null;
        RegisterComponents();
    }

    /// <param name="x"><c>[B,C,H,W]</c>.</param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = norm.forward(dwconv.forward(x)).permute(0, 2, 3, 1); // B,H,W,C
        y = pwconv2.forward(gelu(pwconv1.forward(y)));
        if (gamma is not null)
            y = y * gamma;
        return (x + DropPath.Apply(y.permute(0, 3, 1, 2), dropPath, training)).MoveToOuterDisposeScope();
    }
}
