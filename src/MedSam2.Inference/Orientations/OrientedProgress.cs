using MedSam2.Inference.Memory;

namespace MedSam2.Inference.Orientations;

/// <summary>
/// How far an object's propagation along several stacks has come. It outlives a propagation that was broken off, so that the
/// next one of the same kind goes on from there; any change of the object ends it.
/// </summary>
/// <param name="range">Of that propagation: slices outside have no masks of it.</param>
internal sealed class OrientedProgress(PropagationRange range) : IDisposable
{
    /// <summary>The passes that have begun, in their order.</summary>
    public List<PassProgress> Passes { get; } = [];

    /// <summary>Whether a propagation would do the same.</summary>
    public bool IsOf(PropagationRange other) =>
        (other.Orientations, other.Axis, other.First, other.Last) == (range.Orientations, range.Axis, range.First, range.Last);

    public void Dispose()
    {
        foreach (var pass in Passes)
            pass.Dispose();
    }
}

/// <summary>One pass of one object.</summary>
/// <param name="record">What it has found so far.</param>
/// <param name="memory">What the object is tracked from; null where earlier passes found nothing to start from.</param>
/// <param name="starts">The slices that it starts from, which are not tracked.</param>
/// <param name="isBorrowed">Whether the memory is this pass's own, and goes with it.</param>
internal sealed class PassProgress(PassRecord record, ObjectMemory? memory, IReadOnlyCollection<int> starts, bool isBorrowed) : IDisposable
{
    public PassRecord Record => record;

    public ObjectMemory? Memory => memory;

    public IReadOnlyCollection<int> Starts => starts;

    public bool IsGiven(int slice) => starts.Contains(slice) || record.Slices.ContainsKey(slice);

    public void Dispose()
    {
        if (isBorrowed)
            memory?.Dispose();
    }
}
