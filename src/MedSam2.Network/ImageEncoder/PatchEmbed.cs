using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Overlapping 7 x 7 patches at stride 4.</summary>
public sealed class PatchEmbed : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d proj;

    public PatchEmbed(int embedDim)
        : base(nameof(PatchEmbed))
    {
        proj = nn.Conv2d(3, embedDim, 7L, stride: 4L, padding: 3L);
        RegisterComponents();
    }

    /// <param name="x"><c>[B,3,S,S]</c>.</param>
    /// <returns><c>[B,S/4,S/4,C]</c>.</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return proj.Convolve(x).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }
}
