using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>The answer for B objects on one slice. Masks, IoUs and scores are float32 whatever the network's type.</summary>
/// <param name="LowResMultimasks">All candidates <c>[B,M,S/4,S/4]</c>, M = 3 or 1; logits. Where the object is absent, -1024 everywhere.</param>
/// <param name="Ious">Predicted IoU of each candidate <c>[B,M]</c>; also given where the object is absent.</param>
/// <param name="BestMask">Which candidate is the best by predicted IoU, <c>[B,1]</c>, int64.</param>
/// <param name="LowResMasks">That candidate <c>[B,1,S/4,S/4]</c>.</param>
/// <param name="HighResMasks">That candidate at image size <c>[B,1,S,S]</c>.</param>
/// <param name="ObjPtr">Object pointer <c>[B,d]</c>, in the network's type.</param>
/// <param name="ObjectScoreLogits">Whether the object is there <c>[B,1]</c>: above 0 it is.</param>
public sealed record SamOutput(
    Tensor LowResMultimasks,
    Tensor Ious,
    Tensor BestMask,
    Tensor LowResMasks,
    Tensor HighResMasks,
    Tensor ObjPtr,
    Tensor ObjectScoreLogits) : IDisposable
{
    public SamOutput MoveToOuterDisposeScope()
    {
        foreach (var tensor in All)
            tensor.MoveToOuterDisposeScope();
        return this;
    }

    public SamOutput DetachFromDisposeScope()
    {
        foreach (var tensor in All)
            tensor.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        foreach (var tensor in All)
            tensor.Dispose();
    }

    private Tensor[] All => [LowResMultimasks, Ious, BestMask, LowResMasks, HighResMasks, ObjPtr, ObjectScoreLogits];
}
