using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Trunk and neck. The deepest maps (<c>scalp</c>) are dropped after they have contributed.</summary>
public sealed class ImageEncoder : nn.Module
{
    internal readonly Hiera trunk;
    internal readonly FpnNeck neck;
    private readonly int scalp;

    public ImageEncoder(ImageEncoderConfiguration configuration)
        : base(nameof(ImageEncoder))
    {
        trunk = new Hiera(configuration.Trunk);
        neck = new FpnNeck(configuration.Neck);
        scalp = configuration.Scalp;
        RegisterComponents();
    }

    /// <param name="image"><c>[B,3,S,S]</c>.</param>
    /// <returns>Maps <c>[B,d,H,W]</c>, finest first.</returns>
    public Tensor[] forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        return [.. ToLevels(trunk.forward(image)).Select(l => l.MoveToOuterDisposeScope())];
    }

    /// <summary>From the trunk's stages to the maps that are kept, but for those finer than <paramref name="finest"/>.</summary>
    internal Tensor[] ToLevels(IReadOnlyList<Tensor> stages, int finest = 0)
    {
        using var scope = NewDisposeScope();
        return [.. neck.forward(stages, finest)[..^scalp].Select(l => l.MoveToOuterDisposeScope())];
    }
}
