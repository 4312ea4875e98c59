using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Conditions a slice's features on the memories of other slices.</summary>
public sealed class MemoryAttention : nn.Module
{
    internal readonly ModuleList<MemoryAttentionLayer> layers;
    internal readonly LayerNorm norm;
    private readonly bool posEncAtInput;

    public MemoryAttention(MemoryAttentionConfiguration configuration)
        : base(nameof(MemoryAttention))
    {
        posEncAtInput = configuration.PosEncAtInput;
        layers = nn.ModuleList([.. Enumerable.Range(0, configuration.NumLayers).Select(_ => new MemoryAttentionLayer(configuration.Layer))]);
        norm = nn.LayerNorm(configuration.DModel);
        RegisterComponents();
    }

    /// <param name="features"><c>[B or 1,d,H,W]</c>.</param>
    /// <param name="position"><c>[1,d,H,W]</c>.</param>
    /// <param name="memory">What to attend to, for B objects.</param>
    /// <returns><c>[B,d,H,W]</c>.</returns>
    public Tensor forward(Tensor features, Tensor position, MemorySequence memory)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (features.size(2), features.size(3));
        var x = features.flatten(2).transpose(1, 2); // B,H*W,d
        var places = position.flatten(2).transpose(1, 2);
        if (posEncAtInput)
            x = x + (0.1 * places);
        foreach (var layer in layers)
            x = layer.forward(x, places, memory, height, width);
        return norm.forward(x).transpose(1, 2).reshape(x.size(0), -1, height, width).MoveToOuterDisposeScope();
    }
}
