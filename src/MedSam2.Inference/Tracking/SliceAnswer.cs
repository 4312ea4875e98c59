using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tracking;

/// <summary>The network's answer for one object on one slice, in main memory where a caller looks at it. Owns its tensors.</summary>
internal sealed class SliceAnswer : IDisposable
{
    /// <param name="output">The answer for several objects.</param>
    /// <param name="index">Which of them.</param>
    public SliceAnswer(SamOutput output, int index)
    {
        // Copies, since a view would keep the whole batch alive.
        Candidates = Keep(output.LowResMultimasks);
        Logits = Keep(output.LowResMasks);
        Pointer = Keep(output.ObjPtr);
        Score = Keep(output.ObjectScoreLogits);
        Ious = output.Ious[index].cpu().data<float>().ToArray();
        Best = (int)output.BestMask[index, 0].item<long>();
        ObjectScore = output.ObjectScoreLogits[index, 0].item<float>();

        Tensor Keep(Tensor all) => all.narrow(0, index, 1).clone().DetachFromDisposeScope();
    }

    /// <summary>All candidates, <c>[1, M, S/4, S/4]</c>.</summary>
    public Tensor Candidates { get; }

    /// <summary>The best candidate, <c>[1, 1, S/4, S/4]</c>.</summary>
    public Tensor Logits { get; }

    /// <summary><c>[1, d]</c>.</summary>
    public Tensor Pointer { get; }

    /// <summary><c>[1, 1]</c>.</summary>
    public Tensor Score { get; }

    /// <summary>Predicted IoU of each candidate.</summary>
    public float[] Ious { get; }

    /// <summary>Index of the best candidate.</summary>
    public int Best { get; }

    public float ObjectScore { get; }

    public float PredictedIou => Ious[Best];

    public bool IsPresent => ObjectScore > 0;

    /// <summary>Probability that the object is on the slice.</summary>
    public float Presence => 1 / (1 + MathF.Exp(-ObjectScore));

    public void Dispose()
    {
        Candidates.Dispose();
        Logits.Dispose();
        Pointer.Dispose();
        Score.Dispose();
    }
}
