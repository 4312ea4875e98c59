using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Prompts;

namespace MedSam2.Inference.Sessions;

/// <summary>One object of a session: its prompts, its memories, and its masks, kept small.</summary>
internal sealed class SegmentedObject(int id, Func<ObjectMemory> createMemory) : IDisposable
{
    private readonly Dictionary<SliceAxis, ObjectStack> stacks = [];

    public int Id { get; } = id;

    /// <summary>What is known of the object along an axis.</summary>
    public ObjectStack Stack(SliceAxis axis)
    {
        if (!stacks.TryGetValue(axis, out var stack))
            stacks.Add(axis, stack = new ObjectStack(createMemory()));
        return stack;
    }

    public IEnumerable<(SliceAxis Axis, ObjectStack Stack)> Stacks => stacks.OrderBy(s => s.Key).Select(s => (s.Key, s.Value));

    public void Dispose()
    {
        foreach (var stack in stacks.Values)
            stack.Memory.Dispose();
    }
}

/// <summary>One object along one axis.</summary>
internal sealed class ObjectStack(ObjectMemory memory)
{
    public ObjectMemory Memory { get; } = memory;

    public SortedDictionary<int, SlicePrompts> Prompts { get; } = [];

    public SortedDictionary<int, StoredMask> Masks { get; } = [];

    /// <summary>Rises with each prompt: masks tracked under a lower number are out of date.</summary>
    public int Revision { get; set; }
}
