using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Mixes mask and features after they have been added.</summary>
public sealed class Fuser : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<CXBlock> layers;
    internal readonly Conv2d? proj;

    public Fuser(FuserConfiguration configuration)
        : base(nameof(Fuser))
    {
        layers = nn.ModuleList([.. Enumerable.Range(0, configuration.NumLayers).Select(_ => new CXBlock(configuration.Layer))]);
        proj = configuration is { InputProjection: true, Dim: { } dim } ? nn.Conv2d(dim, dim, 1L) : null;
        RegisterComponents();
    }

    /// <param name="x"><c>[B,C,H,W]</c>.</param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        if (proj is not null)
            x = proj.forward(x);
        foreach (var layer in layers)
            x = layer.forward(x);
        return x.MoveToOuterDisposeScope();
    }
}
