namespace MedSam2.Server.Device;

/// <summary>
/// Work in the order in which the device takes it: by priority, within a priority by turns of its owners, and of one owner
/// in the order of arrival. Owners with one piece of work each are therefore served in the order of arrival.
/// </summary>
/// <remarks>Not safe for several threads; the <see cref="DeviceWorker"/> locks.</remarks>
internal sealed class DeviceQueue
{
    private readonly Lane[] _lanes = [.. Enum.GetValues<DevicePriority>().Select(_ => new Lane())];

    public int Count { get; private set; }

    /// <summary>How much work of a priority waits for its first step.</summary>
    public int NewWork(DevicePriority priority) => _lanes[(int)priority].NewWork;

    public void Add(DeviceWork work)
    {
        var lane = _lanes[(int)work.Priority];
        if (!lane.ByOwner.TryGetValue(work.Owner, out var own))
        {
            lane.ByOwner.Add(work.Owner, own = []);
            lane.Turns.Enqueue(work.Owner);
        }

        own.Enqueue(work);
        lane.NewWork += work.HasBegun ? 0 : 1;
        Count++;
    }

    public DeviceWork? Take()
    {
        if (Array.Find(_lanes, lane => lane.Turns.Count > 0) is not { } lane)
            return null;
        var owner = lane.Turns.Dequeue();
        var own = lane.ByOwner[owner];
        var work = own.Dequeue();
        if (own.Count > 0)
            lane.Turns.Enqueue(owner);
        else
            lane.ByOwner.Remove(owner);
        lane.NewWork -= work.HasBegun ? 0 : 1;
        Count--;
        return work;
    }

    private sealed class Lane
    {
        public Queue<object> Turns { get; } = [];

        public Dictionary<object, Queue<DeviceWork>> ByOwner { get; } = new(ReferenceEqualityComparer.Instance);

        public int NewWork { get; set; }
    }
}
