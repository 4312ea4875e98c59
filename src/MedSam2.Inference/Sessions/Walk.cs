using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Sessions;

/// <summary>One object's way through a range, under the prompts that it had when the propagation began.</summary>
internal sealed class Walk(SegmentedObject walker, PropagationRange range)
{
    private readonly int revision = walker.Stack(range.Axis).Revision;

    public int Id { get; } = walker.Id;

    public ObjectStack Stack { get; } = walker.Stack(range.Axis);

    public IReadOnlyList<Visit> Visits { get; } =
        [.. VisitingOrder.Create(walker.Stack(range.Axis).Prompts.Keys, range.First, range.Last, range.Direction)];

    /// <summary>Whether the slice's mask answers its own prompt, or was tracked under the present prompts.</summary>
    /// <exception cref="InvalidOperationException">The object was prompted meanwhile.</exception>
    public bool IsUpToDate(int slice)
    {
        if (Stack.Revision != revision)
            throw new InvalidOperationException($"Object {Id} was prompted while it was being propagated. Propagate it again.");
        return Stack.Prompts.ContainsKey(slice) || (Stack.Masks.TryGetValue(slice, out var mask) && mask.Revision == revision);
    }
}
