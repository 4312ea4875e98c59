using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Makes a memory of a slice: its features and the object's mask on it, mixed and narrowed.</summary>
public sealed class MemoryEncoder : nn.Module
{
    internal readonly MaskDownSampler mask_downsampler;
    internal readonly Conv2d pix_feat_proj;
    internal readonly Fuser fuser;
    internal readonly Conv2d? out_proj;
    private readonly PositionEmbeddingSine sine;

    public MemoryEncoder(MemoryEncoderConfiguration configuration)
        : base(nameof(MemoryEncoder))
    {
        mask_downsampler = new MaskDownSampler(configuration.MaskDownsampler);
        pix_feat_proj = nn.Conv2d(configuration.InDim, configuration.InDim, 1L);
        fuser = new Fuser(configuration.Fuser);
        sine = new PositionEmbeddingSine(configuration.PositionEncoding);
        out_proj = configuration.OutDim == configuration.InDim ? null : nn.Conv2d(configuration.InDim, configuration.OutDim, 1L);
        RegisterComponents();
    }

    /// <param name="features">Raw features of the slice <c>[B or 1,d,h,w]</c>.</param>
    /// <param name="mask"><c>[B,1,S,S]</c>, as the memory shall see it: scaled probabilities.</param>
    /// <returns><c>[B,d_mem,h,w]</c>.</returns>
    public Tensor forward(Tensor features, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var x = Mix(features, mask_downsampler.forward(mask));
        return (out_proj is null ? x : out_proj.forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>Where on the map each token of a memory lies: <c>[1,d_mem,h,w]</c>, owned by this module.</summary>
    public Tensor Position(long height, long width, Device device, ScalarType type) => sine.Table(height, width, device, type);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            sine.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Mix(Tensor features, Tensor downsampled) => fuser.forward(pix_feat_proj.forward(features) + downsampled);
}
