using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Closer;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Prompts;
using MedSam2.Network;

namespace MedSam2.Inference.Sessions;

/// <summary>
/// One object of a session: its prompts, its memories, and its masks, kept small. The stacks of a volume share one bank.
/// </summary>
/// <param name="id">The caller's number for it.</param>
/// <param name="configuration">The network's.</param>
/// <param name="options">Which memories it keeps.</param>
/// <param name="isOrdered">Whether its slices have an order.</param>
/// <param name="order">Rises with each new object of a session.</param>
/// <param name="revision">Of an object that comes back: what it had.</param>
internal sealed class SegmentedObject(
    int id, Sam2Configuration configuration, TrackingOptions options, bool isOrdered = true, long order = 0, int revision = 0) : IDisposable
{
    // Enough tracked slices on both sides of a prompt for SAM 2's memories and pointers.
    private const int FifoRetention = 64;

    private readonly MemoryBank? bank = options.Bank == MemoryBankKind.Fifo ? null : MemoryBank.Create(options);
    private readonly SortedDictionary<SliceAxis, ObjectStack> stacks = [];

    public int Id { get; } = id;

    /// <summary>Rises with each prompt: masks tracked under a lower number are out of date.</summary>
    public int Revision { get; private set; } = revision;

    /// <summary>Of two objects, the lower one was first.</summary>
    public long Order { get; } = order;

    /// <summary>Whether it is seen in closer views, too.</summary>
    public bool IsSeenCloser
    {
        get;
        set
        {
            field = value;
            if (value)
                return;
            foreach (var stack in stacks.Values)
                stack.Closer = [];
        }
    } = options.CloserLook;

    /// <summary>The bank that all stacks share; null where there is none.</summary>
    public MemoryBank? Bank => bank;

    public IEnumerable<(SliceAxis Axis, ObjectStack Stack)> Stacks => stacks.Select(s => (s.Key, s.Value));

    /// <summary>How far a propagation along several orientations has come that is not done.</summary>
    public Orientations.OrientedProgress? Oriented
    {
        get;
        set
        {
            if (field != value)
                field?.Dispose();
            field = value;
        }
    }

    /// <summary>How far the orientations disagree, once they have been fused.</summary>
    public Orientations.SpreadMap? Spread { get; set; }

    /// <summary>What is known of the object along an axis.</summary>
    public ObjectStack Stack(SliceAxis axis)
    {
        if (!stacks.TryGetValue(axis, out var stack))
            stacks.Add(axis, stack = new ObjectStack(CreateMemory(axis)));
        return stack;
    }

    /// <summary>A memory for tracking along an axis, beside the prompts of all other stacks.</summary>
    public ObjectMemory CreateMemory(SliceAxis axis) => bank is null
        ? new FifoMemory(configuration, FifoRetention)
        : new BankMemory(
            configuration,
            options,
            bank,
            () => stacks.Where(s => s.Key != axis).SelectMany(s => s.Value.Memory.Pinned.Values).Where(m => m.Features is not null),
            isOrdered);

    /// <summary>Makes all that was tracked out of date.</summary>
    public void Invalidate()
    {
        Revision++;
        (Spread, Oriented) = (null, null);
        foreach (var stack in stacks.Values)
        {
            stack.Memory.ForgetTracked();
            foreach (var view in stack.Closer)
                view.Inside.Invalidate();
        }
    }

    /// <summary>Whether the session has let it go.</summary>
    public bool IsDisposed { get; private set; }

    public void Dispose()
    {
        IsDisposed = true;
        Oriented = null;
        foreach (var stack in stacks.Values)
        {
            stack.Memory.Dispose();
            stack.Closer = [];
        }

        bank?.Dispose();
    }
}

/// <summary>One object along one axis.</summary>
internal sealed class ObjectStack(ObjectMemory memory)
{
    public ObjectMemory Memory { get; } = memory;

    public SortedDictionary<int, SlicePrompts> Prompts { get; } = [];

    public SortedDictionary<int, StoredMask> Masks { get; } = [];

    /// <summary>The object in closer views of the stack, if it is seen so and has any yet. Owned: the ones that are replaced are gone.</summary>
    public IReadOnlyList<CloserView> Closer
    {
        get;
        set
        {
            foreach (var view in field.Except(value))
                view.Dispose();
            field = value;
        }
    } = [];

    /// <summary>Whether a slice's mask answers its own prompt, or was tracked under the present prompts.</summary>
    public bool IsUpToDate(int slice, int revision) =>
        Prompts.ContainsKey(slice) || (Masks.TryGetValue(slice, out var mask) && mask.Revision == revision);
}
