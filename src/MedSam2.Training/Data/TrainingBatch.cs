using static TorchSharp.torch;

namespace MedSam2.Training.Data;

/// <summary>
/// Short sequences of slices with the objects to be followed through them. Slice 0 of a sequence is the one that is prompted; the
/// others follow in the order in which a tracker would visit them.
/// </summary>
/// <param name="Images"><c>[B,T,3,S,S]</c>: B sequences of T slices, as the network takes them (normalised).</param>
/// <param name="Masks"><c>[N,T,S,S]</c>, uint8, 0 or 1: N objects of all sequences together.</param>
/// <param name="Sequence">Which sequence each of the N objects is in.</param>
public sealed record TrainingBatch(Tensor Images, Tensor Masks, IReadOnlyList<long> Sequence) : IDisposable
{
    /// <summary>What the <c>B * T</c> slices are called, where they come again and their features are worth keeping.</summary>
    public IReadOnlyList<Labelled.SliceKey>? Keys { get; init; }

    public int Slices => (int)Images.size(1);

    public int Objects => Sequence.Count;

    public void Dispose()
    {
        Images.Dispose();
        Masks.Dispose();
    }
}

/// <summary>Where batches come from. A batch depends on the step alone, so that training resumes exactly where it was.</summary>
public interface IBatchSource
{
    /// <summary>The batch of a step; may be called from any thread, also ahead of time.</summary>
    TrainingBatch Create(int step, CancellationToken cancellationToken);
}
