using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>
/// The last frame of each object and slice: what a client holds that has seen them all. A slice that came back to nothing
/// keeps an empty frame, so that a client that was away learns of it. Safe for any number of threads.
/// </summary>
internal sealed class FrameTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FrameKey, Entry> _frames = [];
    private readonly SortedSet<Entry> _bySequence = new(Comparer<Entry>.Create((a, b) => a.Frame.Sequence.CompareTo(b.Frame.Sequence)));

    /// <summary>The last frame's number.</summary>
    public long Sequence { get; private set; }

    /// <summary>The connection that causes what is put from now on.</summary>
    public string Origin { get; set; } = "";

    /// <summary>Makes a frame of a slice where it differs from what clients hold; null where it does not.</summary>
    /// <param name="slice">What is known now.</param>
    /// <param name="step">Where in its propagation.</param>
    public MaskFrame? Put(KnownSlice slice, FrameStep step)
    {
        var (x, y, width, height) = slice.Runs.Box;
        return Put(new FrameKey(slice.ObjectId, slice.Axis, slice.Index), new MaskFrame
        {
            ObjectId = slice.ObjectId,
            Plane = Planes.NameOf(slice.Axis),
            Index = slice.Index,
            Box = [x, y, x + width, y + height],
            Runs = slice.Runs.Runs.ToArray(),
            Iou = slice.PredictedIou,
            Presence = slice.Presence,
            Pinned = slice.IsPrompted,
            Pass = step.Pass,
            Passes = step.Passes,
            Done = step.Done,
            Total = step.Total,
        });
    }

    public MaskFrame? Find(FrameKey key)
    {
        lock (_lock)
            return _frames.GetValueOrDefault(key).Frame;
    }

    /// <summary>Makes frames of all slices of an object that differ from what clients hold.</summary>
    public IReadOnlyList<MaskFrame> Sync(int objectId, IEnumerable<KnownSlice> known)
    {
        lock (_lock)
        {
            List<MaskFrame> changed = [];
            var gone = _frames.Keys.Where(key => key.ObjectId == objectId).ToHashSet();
            foreach (var slice in known)
            {
                gone.Remove(new(slice.ObjectId, slice.Axis, slice.Index));
                if (Put(slice, FrameStep.Single) is { } frame)
                    changed.Add(frame);
            }

            foreach (var key in gone.Order())
            {
                if (Put(key, Nothing(key)) is { } frame)
                    changed.Add(frame);
            }

            return changed;
        }
    }

    /// <summary>Forgets an object's frames; clients are told by its removal.</summary>
    public void Remove(int objectId)
    {
        lock (_lock)
        {
            foreach (var key in _frames.Keys.Where(key => key.ObjectId == objectId).ToArray())
            {
                _frames.Remove(key, out var entry);
                _bySequence.Remove(entry);
            }
        }
    }

    /// <summary>Takes a frame back that was made before.</summary>
    public void Restore(MaskFrame frame)
    {
        lock (_lock)
        {
            var entry = new Entry(frame, Origin);
            _frames[new(frame.ObjectId, Planes.Parse(frame.Plane), frame.Index)] = entry;
            _bySequence.Add(entry);
            Sequence = Math.Max(Sequence, frame.Sequence);
        }
    }

    /// <summary>Goes on with the numbers after this one.</summary>
    public void Continue(long sequence)
    {
        lock (_lock)
            Sequence = Math.Max(Sequence, sequence);
    }

    /// <summary>The frames that are newer than a number, in their order.</summary>
    /// <param name="sequence">The last number that the reader has.</param>
    /// <param name="most">Looks at so many.</param>
    /// <param name="notFrom">A connection whose own frames are left out, since it has them.</param>
    /// <returns>The frames, and up to which number that was all.</returns>
    public (IReadOnlyList<MaskFrame> Frames, long UpTo) After(long sequence, int most = int.MaxValue, string? notFrom = null)
    {
        lock (_lock)
        {
            if (sequence >= Sequence)
                return ([], sequence);
            Entry[] next = [.. _bySequence.GetViewBetween(Mark(sequence + 1), Mark(long.MaxValue)).Take(most)];
            var frames = next.Where(entry => notFrom is null || entry.Origin != notFrom).Select(entry => entry.Frame);
            return ([.. frames], next.Length < most ? Sequence : next[^1].Frame.Sequence);
        }
    }

    /// <summary>All frames that show something, of one object or all.</summary>
    public IReadOnlyList<MaskFrame> Shown(int? objectId)
    {
        lock (_lock)
            return [.. _bySequence.Select(entry => entry.Frame).Where(frame => (objectId is null || frame.ObjectId == objectId) && !IsNothing(frame))];
    }

    /// <summary>On how many slices an object is.</summary>
    public int CountSlices(int objectId)
    {
        lock (_lock)
            return _frames.Count(entry => entry.Key.ObjectId == objectId && entry.Value.Frame.Runs.Length > 0);
    }

    /// <summary>Whether a frame takes a slice back: nothing is known of it any more.</summary>
    public static bool IsNothing(MaskFrame frame) => frame is { Runs.Length: 0, Pass: 0 };

    private MaskFrame? Put(FrameKey key, MaskFrame frame)
    {
        lock (_lock)
        {
            if (_frames.TryGetValue(key, out var old))
            {
                if (IsSame(old.Frame, frame))
                    return null;
                _bySequence.Remove(old);
            }

            var entry = new Entry(frame with { Sequence = ++Sequence }, Origin);
            _frames[key] = entry;
            _bySequence.Add(entry);
            return entry.Frame;
        }
    }

    private static bool IsSame(MaskFrame a, MaskFrame b) =>
        a.Box.AsSpan().SequenceEqual(b.Box) && a.Runs.AsSpan().SequenceEqual(b.Runs)
        && a.Iou.Equals(b.Iou) && a.Presence.Equals(b.Presence) && a.Pinned == b.Pinned && IsNothing(a) == IsNothing(b);

    private static MaskFrame Nothing(FrameKey key) => new()
    {
        ObjectId = key.ObjectId,
        Plane = Planes.NameOf(key.Axis),
        Index = key.Index,
        Box = [0, 0, 0, 0],
        Runs = [],
    };

    private static Entry Mark(long sequence) => new(new() { Sequence = sequence, Plane = "", Box = [], Runs = [] }, "");

    private readonly record struct Entry(MaskFrame Frame, string Origin);
}

/// <summary>An object on a slice.</summary>
internal readonly record struct FrameKey(int ObjectId, SliceAxis Axis, int Index) : IComparable<FrameKey>
{
    public int CompareTo(FrameKey other) => (ObjectId, Axis, Index).CompareTo((other.ObjectId, other.Axis, other.Index));
}

/// <summary>Where a frame stands in its propagation.</summary>
internal readonly record struct FrameStep(int Pass, int Passes, int Done, int Total)
{
    /// <summary>A frame that stands for itself.</summary>
    public static readonly FrameStep Single = new(1, 1, 1, 1);
}
