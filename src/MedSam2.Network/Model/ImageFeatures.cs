using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// What the image encoder makes of an image, as the decoder and memory attention take it. Depends on the image alone: worth keeping.
/// </summary>
/// <remarks>
/// Tensors belong to the dispose scope that was open where they were made, like any tensor; <see cref="DetachFromDisposeScope"/> takes them out
/// for a cache, whose duty <see cref="Dispose"/> then is.
/// </remarks>
/// <param name="Levels">
/// Finest first. With high-resolution features <c>[B,d/8,S/4,S/4]</c>, <c>[B,d/4,S/8,S/8]</c> (both already projected for the decoder) and
/// <c>[B,d,S/16,S/16]</c>; the last alone without.
/// </param>
public sealed record ImageFeatures(IReadOnlyList<Tensor> Levels) : IDisposable
{
    /// <summary><c>[B,d,S/16,S/16]</c>, raw: not conditioned on any memory.</summary>
    public Tensor Top => Levels[^1];

    /// <summary>Number of images.</summary>
    public long Batch => Top.size(0);

    /// <summary>Bytes that the features take.</summary>
    public long ByteCount => Levels.Sum(l => l.numel() * l.element_size());

    internal (Tensor S0, Tensor S1)? HighRes => Levels is [var s0, var s1, _] ? (s0, s1) : null;

    /// <summary>One image of a batch; a view, which needs the batch no longer.</summary>
    public ImageFeatures this[long image] => new([.. Levels.Select(l => l.narrow(0, image, 1))]);

    public ImageFeatures MoveToOuterDisposeScope() => Each(l => l.MoveToOuterDisposeScope());

    public ImageFeatures DetachFromDisposeScope() => Each(l => l.DetachFromDisposeScope());

    public void Dispose()
    {
        foreach (var level in Levels)
            level.Dispose();
    }

    private ImageFeatures Each(Func<Tensor, Tensor> act)
    {
        foreach (var level in Levels)
            act(level);
        return this;
    }
}
