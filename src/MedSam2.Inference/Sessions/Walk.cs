using MedSam2.Inference.Memory;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Sessions;

/// <summary>One object's way along a stack, under the prompts that it had when the walk began.</summary>
/// <param name="walker">The object.</param>
/// <param name="memory">What it is tracked from, and what remembers it.</param>
/// <param name="visits">The slices in their order.</param>
/// <param name="isGiven">Slices whose masks are known, and are not tracked.</param>
internal sealed class Walk(SegmentedObject walker, ObjectMemory memory, IEnumerable<Visit> visits, Func<int, bool> isGiven)
{
    private readonly int revision = walker.Revision;

    public SegmentedObject Object { get; } = walker;

    public ObjectMemory Memory { get; } = memory;

    public IReadOnlyList<Visit> Visits { get; } = [.. visits];

    public bool IsGiven(int slice) => isGiven(slice);

    /// <exception cref="OvertakenException">The object was prompted or removed meanwhile.</exception>
    public void ThrowIfPrompted()
    {
        if (Object.Revision != revision || Object.IsDisposed)
            throw new OvertakenException($"Object {Object.Id} was prompted while it was being propagated. Propagate it again.");
    }
}
