namespace MedSam2.Inference.Features;

/// <summary>
/// The encoded slices of all sessions of one network, bounded by bytes: what was used longest ago goes first, whichever session
/// it belongs to. Where the device is no CPU it goes to the host's memory first, and is dropped from there when that is full, too.
/// </summary>
/// <remarks>Features are for the thread that drives the device, like the network itself. A session may be closed from any thread: <see cref="Gate"/>.</remarks>
internal sealed class FeaturePool(FeatureSpill? spill)
{
    private readonly LinkedList<EncodedSlice> recent = []; // the one used last is last
    private readonly Dictionary<EncodedSlice, LinkedListNode<EncodedSlice>> nodes = [];

    /// <summary>Held by whoever changes which slices there are, of this pool or of a session.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Bytes that encoded slices may take on the device.</summary>
    public long DeviceCapacity { get; set; } = 4L << 30;

    /// <summary>Bytes that spilled slices may take in the host's memory; means nothing where the device is the CPU.</summary>
    public long HostCapacity { get; set; } = 8L << 30;

    /// <summary>Bytes on the device.</summary>
    public long DeviceBytes { get; private set; }

    /// <summary>Bytes of spilled slices.</summary>
    public long HostBytes { get; private set; }

    /// <summary>Takes a slice as the one used last.</summary>
    public void Add(EncodedSlice slice)
    {
        nodes.Add(slice, recent.AddLast(slice));
        DeviceBytes += slice.ByteCount;
        MakeRoom(slice);
    }

    /// <summary>The slice is in use: brings it back to the device if it was spilled.</summary>
    public void Use(EncodedSlice slice)
    {
        var node = nodes[slice];
        recent.Remove(node);
        recent.AddLast(node);
        if (!slice.IsSpilled)
            return;
        Move(slice, spill!.ToDevice);
        (slice.IsSpilled, HostBytes, DeviceBytes) = (false, HostBytes - slice.ByteCount, DeviceBytes + slice.ByteCount);
        MakeRoom(slice);
    }

    /// <summary>Frees a slice.</summary>
    public void Remove(EncodedSlice slice)
    {
        recent.Remove(nodes[slice]);
        nodes.Remove(slice);
        if (slice.IsSpilled)
            HostBytes -= slice.ByteCount;
        else
            DeviceBytes -= slice.ByteCount;
        slice.Features.Dispose();
    }

    /// <summary>Frees the slices of all sessions on the device, to have all its memory for one call. They are encoded again when they are wanted.</summary>
    public void DropAll()
    {
        lock (Gate)
        {
            foreach (var slice in recent.Where(s => !s.IsSpilled).ToArray())
                slice.Owner.Drop(slice);
        }
    }

    private void MakeRoom(EncodedSlice inUse)
    {
        for (var node = recent.First; DeviceBytes > DeviceCapacity && node is not null;)
        {
            var slice = node.Value;
            node = node.Next;
            if (slice == inUse || slice.IsSpilled)
                continue;
            if (spill is null)
                slice.Owner.Drop(slice);
            else
                Spill(slice);
        }

        for (var node = recent.First; HostBytes > HostCapacity && node is not null;)
        {
            var slice = node.Value;
            node = node.Next;
            if (slice.IsSpilled)
                slice.Owner.Drop(slice);
        }
    }

    private void Spill(EncodedSlice slice)
    {
        Move(slice, spill!.ToHost);
        (slice.IsSpilled, HostBytes, DeviceBytes) = (true, HostBytes + slice.ByteCount, DeviceBytes - slice.ByteCount);
    }

    private static void Move(EncodedSlice slice, Func<Network.ImageFeatures, Network.ImageFeatures> copy)
    {
        var old = slice.Features;
        slice.Features = copy(old);
        old.Dispose();
    }
}
