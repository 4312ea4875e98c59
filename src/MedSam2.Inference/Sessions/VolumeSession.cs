using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Closer;
using MedSam2.Inference.Features;
using MedSam2.Inference.Orientations;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;
using MedSam2.Network;

namespace MedSam2.Inference;

/// <summary>
/// One volume with the objects that a person segments in it. A prompt answers with its slice's mask at once, from cached
/// features; <see cref="Propagate"/> carries objects through the volume. The prompts of a slice are pinned as memories: a
/// later correction anywhere makes all that was tracked of that object out of date, and of no other.
/// </summary>
/// <remarks>
/// Synchronous, for one thread at a time. The same calls in the same order give the same masks. Masks are kept as runs and
/// encoded slices in a cache bounded by bytes, so memory hardly grows with the volume.
/// </remarks>
public sealed partial class VolumeSession : IDisposable
{
    private readonly SegmentationModel model;
    private readonly TrackingOptions options;
    private readonly FeatureCache cache;
    private readonly Dictionary<SliceAxis, StackSegmenter> segmenters = [];
    private readonly OrderedDictionary<int, SegmentedObject> objects = [];
    private readonly CloserLook closer;
    private long nextOrder;
    private bool isDisposed;

    /// <param name="model">Shared with other sessions; stays the caller's.</param>
    /// <param name="volume">The image.</param>
    /// <param name="options">Null: MedSAM-2's method with its defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public VolumeSession(SegmentationModel model, Volume volume, TrackingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(volume);
        this.model = model;
        this.options = options ?? new TrackingOptions();
        this.options.Validate();
        Volume = volume;
        Window = this.options.Window ?? WindowSelection.For(volume);
        cache = new FeatureCache(model.Features, this.options.FeatureCacheBytes, model.SlicesAtOnce, Encode);
        closer = new CloserLook(
            volume.Geometry, SegmenterOf, (axis, region, id) => CreateView(axis, region, new SegmentedObject(id, model.Configuration, this.options)));
    }

    public Volume Volume { get; }

    /// <summary>The grey window that the network sees the volume through.</summary>
    public IntensityWindow Window { get; }

    /// <summary>Whether new objects are seen in closer views, too, where their prompt does not say.</summary>
    public bool CloserLook => options.CloserLook;

    /// <summary>The objects, in the order of their first prompts.</summary>
    public IReadOnlyList<int> ObjectIds => [.. objects.Keys];

    /// <summary>How often a slice has been encoded so far; what the cache still holds is not encoded again.</summary>
    public int EncodedSliceCount => cache.EncodedCount;

    /// <summary>Looks whether a prompt could be followed.</summary>
    /// <exception cref="PromptException">It cannot.</exception>
    public void Check(int objectId, SlicePrompt prompt) => Gather(objectId, prompt);

    /// <summary>Adds to what is said about an object on a slice, and answers with its mask there.</summary>
    /// <exception cref="PromptException">The prompt cannot be followed; nothing was changed.</exception>
    public SliceMask Prompt(int objectId, SlicePrompt prompt, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var prompts = Gather(objectId, prompt);
        cancellationToken.ThrowIfCancellationRequested();
        var known = objects.GetValueOrDefault(objectId);
        var stack = known?.Stack(prompt.Axis);
        var segmenter = SegmenterOf(prompt.Axis);
        using var answer = segmenter.Decode(prompt.Index, prompts, prompt.Replaces ? null : stack);
        if (known is not null)
            return Pin(known, prompt, prompts, answer);
        var created = NewObject(objectId);
        try
        {
            var mask = Pin(created, prompt, prompts, answer);
            objects.Add(objectId, created);
            return mask;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Carries objects from their prompted slices over a range, nearest slices first. Slices that are up to date are given as
    /// they are, so a propagation that was broken off goes on where it was.
    /// </summary>
    /// <param name="objectIds">Which objects; each has a prompt in the range's stack.</param>
    /// <param name="range">Which slices.</param>
    /// <param name="cancellationToken">Looked at before each slice.</param>
    /// <returns>One mask for each object and slice, each as soon as it is known.</returns>
    /// <exception cref="PromptException">An object is not known or has no prompt in the stack, or the range is empty.</exception>
    public IEnumerable<SliceMask> Propagate(
        IReadOnlyCollection<int> objectIds, PropagationRange range, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(range);
        return PropagateInSteps(objectIds, range, cancellationToken)
            .Where(step => step.Slice is not null)
            .Select(step => MaskAt(step.Slice!.ObjectId, range.Axis, step.Slice.Index)!);
    }

    /// <summary>
    /// As <see cref="Propagate"/>, in steps of one slice's work each, for those who have other work to do in between. Other
    /// objects may be prompted between two steps.
    /// </summary>
    /// <inheritdoc cref="Propagate" path="/param|/exception"/>
    /// <exception cref="OvertakenException">While enumerating: one of the objects was prompted, changed or removed between two steps.</exception>
    public IEnumerable<PropagationStep> PropagateInSteps(
        IReadOnlyCollection<int> objectIds, PropagationRange range, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(objectIds);
        ArgumentNullException.ThrowIfNull(range);
        if (range.Orientations != OrientationChoice.PromptPlane && range.Direction != PropagationDirection.Both)
            throw new PromptException("Several orientations always go both ways: leave the direction out.");
        if (range.Orientations != OrientationChoice.PromptPlane && range.Reach != int.MaxValue)
            throw new PromptException("Several orientations always go to the end: leave the number of slices out.");
        if (range.Reach < 0)
            throw new PromptException($"The number of slices to go is {range.Reach}, but cannot be negative.");
        var count = Volume.Geometry.SliceShape(range.Axis).Count;
        if (count == 1)
            range = range with { Orientations = OrientationChoice.PromptPlane }; // a picture: across it there are lines of pixels alone
        var last = Math.Min(range.Last, count - 1);
        if (range.First < 0 || range.First > last)
            throw new PromptException($"The range {range.First} to {range.Last} holds no slice: the stack along {range.Axis} has slices 0 to {count - 1}.");
        int[] ids = [.. objectIds.Distinct()];
        foreach (var id in ids)
        {
            if (!objects.TryGetValue(id, out var known))
                throw new PromptException($"There is no object {id}. Prompt it first.");
            if (known.Stack(range.Axis).Prompts.Count == 0)
                throw new PromptException($"Object {id} has no prompt on a slice along {range.Axis}. Prompt it there first.");
        }

        return PropagateChecked([.. ids.Select(id => objects[id])], range with { Last = last }, cancellationToken);
    }

    /// <summary>What is known of an object on a slice; null where it was neither prompted nor tracked.</summary>
    public SliceMask? MaskAt(int objectId, SliceAxis axis, int index)
    {
        var (width, height, _) = Volume.Geometry.SliceShape(axis);
        return objects.GetValueOrDefault(objectId)?.Stack(axis).Masks.GetValueOrDefault(index)
            ?.ToSliceMask(objectId, axis, index, width, height);
    }

    /// <summary>All that is known of an object, stack by stack in the order of slices.</summary>
    public IEnumerable<SliceMask> Masks(int objectId)
    {
        if (!objects.TryGetValue(objectId, out var known))
            yield break;
        foreach (var (axis, stack) in known.Stacks)
        {
            var (width, height, _) = Volume.Geometry.SliceShape(axis);
            foreach (var (index, mask) in stack.Masks)
                yield return mask.ToSliceMask(objectId, axis, index, width, height);
        }
    }

    /// <summary>
    /// Where the orientations of the last propagation disagreed about an object: the spread of its probability, 0 to 0.5,
    /// for each voxel. Null where it was not tracked along several since its last prompt.
    /// </summary>
    public Volume? UncertaintyMap(int objectId) => objects.GetValueOrDefault(objectId)?.Spread?.ToVolume(Volume.Geometry);

    /// <summary>
    /// The tracked slices that an object's memory holds after a propagation along one axis, for those who study memories.
    /// Prompted slices, which it always holds, are not among them.
    /// </summary>
    public IReadOnlyList<int> RememberedSlices(int objectId, SliceAxis axis) =>
        objects.GetValueOrDefault(objectId) is { } known ? [.. known.Stack(axis).Memory.Remembered.Select(m => m.Slice)] : [];

    /// <summary>Forgets an object; false where there was none.</summary>
    public bool RemoveObject(int objectId)
    {
        if (!objects.Remove(objectId, out var removed))
            return false;
        removed.Dispose();
        return true;
    }

    /// <summary>
    /// All objects as labels of the volume's voxels; where objects overlap, the one that was prompted first stays on top.
    /// </summary>
    /// <param name="labels">The label of each object; null gives objects their ids, which must then lie in 1 to 255. Objects that are not named are left out.</param>
    /// <exception cref="ArgumentException">A label is 0, or an id is no label.</exception>
    public LabelMap ToLabelMap(IReadOnlyDictionary<int, byte>? labels = null)
    {
        var map = new LabelMap(Volume.Geometry);
        foreach (var known in objects.Values.Reverse())
        {
            if (labels is null && known.Id is < 1 or > 255)
                throw new ArgumentException($"Object {known.Id} cannot be its own label (1 to 255). Name its label.", nameof(labels));
            var label = labels is null ? (byte)known.Id : labels.GetValueOrDefault(known.Id);
            if (label != 0)
                LabelPainting.Paint(map, known, label);
            else if (labels!.ContainsKey(known.Id))
                throw new ArgumentException($"Object {known.Id} cannot have the label 0, which is the background.", nameof(labels));
        }

        return map;
    }

    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var known in objects.Values)
            known.Dispose();
        objects.Clear();
        cache.Dispose();
    }

    private IEnumerable<PropagationStep> PropagateChecked(
        SegmentedObject[] known, PropagationRange range, CancellationToken cancellationToken)
    {
        foreach (var (axis, stack) in known.SelectMany(o => o.Stacks))
        {
            SegmenterOf(axis).EncodePinned(stack.Memory); // prompts of all planes count in each of them
            stack.Memory.PresenceMargin = 0; // a closer look sets it, which other planes do not have
        }

        var (done, total) = (0, known.Length * (range.Last - range.First + 1));
        IEnumerable<Visited> visited;
        if (range.Orientations == OrientationChoice.PromptPlane)
        {
            foreach (var o in known)
            {
                o.Oriented = null; // its memories would not be those that it left
                if (o.IsSeenCloser)
                    closer.Prepare(o, range.Axis);
            }

            var walks = WalksInPlane(known, range);
            total = walks.Sum(w => w.Visits.Count);
            visited = PropagateInPlane(walks, range.Axis, cancellationToken);
        }
        else
        {
            visited = new OrientedPropagation(Volume.Geometry, SegmenterOf, options).Run(known, range, cancellationToken);
        }

        foreach (var (found, slice, pass, passes) in visited)
        {
            done += found is not null && pass == 1 ? 1 : 0;
            yield return new(found is null ? null : KnownAt(found.Id, range.Axis, slice), pass, passes, done, total);
            ObjectDisposedException.ThrowIf(isDisposed, this);
        }
    }

    private static Walk[] WalksInPlane(SegmentedObject[] known, PropagationRange range) =>
    [
        .. known.Select(o =>
        {
            var stack = o.Stack(range.Axis);
            return new Walk(
                o,
                stack.Memory,
                VisitingOrder.Create(stack.Prompts.Keys, range.First, range.Last, range.Direction, range.View)
                    .Where(v => stack.Prompts.Keys.Any(p => Math.Abs((long)p - v.Slice) <= range.Reach)),
                slice => stack.IsUpToDate(slice, o.Revision));
        }),
    ];

    private IEnumerable<Visited> PropagateInPlane(Walk[] walks, SliceAxis axis, CancellationToken cancellationToken)
    {
        var segmenter = SegmenterOf(axis);
        return Propagation.Run(
            segmenter,
            walks,
            (walk, visit, answer) => walk.Object.Stack(axis).Masks[visit.Slice] = ToStored(walk.Object, axis, visit, answer),
            cancellationToken).Select(visited => new Visited(visited.Object, visited.Slice));
    }

    private SliceMask Pin(SegmentedObject known, SlicePrompt prompt, SlicePrompts prompts, SliceAnswer answer)
    {
        var wasSeenCloser = known.IsSeenCloser;
        if (!(prompt.CloserLook ?? wasSeenCloser))
        {
            var mask = SegmenterOf(prompt.Axis).Pin(known, prompt.Index, prompts, answer);
            known.IsSeenCloser = false;
            return mask;
        }

        known.IsSeenCloser = true;
        try
        {
            return closer.Prompt(known, prompt.Axis, prompt.Index, prompts, answer, prompt.Replaces);
        }
        catch
        {
            known.IsSeenCloser = wasSeenCloser; // views that were begun go
            throw;
        }
    }

    private StoredMask ToStored(SegmentedObject known, SliceAxis axis, Visit visit, SliceAnswer answer)
    {
        if (!known.IsSeenCloser || known.Stack(axis).Closer.Count == 0)
            return StoredMask.Create(SegmenterOf(axis).ToMask(visit.Slice, answer.Logits), answer, known.Revision, visit.IsReverse);
        var (mask, iou, presence) = closer.Track(known, axis, visit, answer);
        return new(MaskRuns.Encode(mask), iou, presence, known.Revision, visit.IsReverse);
    }

    /// <summary>All that would be said about an object on a slice.</summary>
    private SlicePrompts Gather(int objectId, SlicePrompt prompt)
    {
        PromptValidation.Check(prompt, Volume.Geometry);
        var earlier = prompt.Replaces ? null : objects.GetValueOrDefault(objectId)?.Stack(prompt.Axis).Prompts.GetValueOrDefault(prompt.Index);
        return (earlier ?? SlicePrompts.None).With(prompt);
    }

    private SegmentedObject NewObject(int objectId) => new(objectId, model.Configuration, options, order: nextOrder++);

    private StackSegmenter SegmenterOf(SliceAxis axis)
    {
        if (!segmenters.TryGetValue(axis, out var segmenter))
            segmenters.Add(axis, segmenter = CreateSegmenter(axis));
        return segmenter;
    }

    private StackSegmenter CreateSegmenter(StackView view) =>
        new(model.Network, model.Features, new VolumeStack(Volume, view, model.Configuration, cache), options);

    private CloserView CreateView(SliceAxis axis, PixelBox region, SegmentedObject inside) => new(region, CreateSegmenter(new(axis, region)), inside);

    private IReadOnlyList<ImageFeatures> Encode(StackView view, IReadOnlyList<int> indices)
    {
        var stack = view.Region.IsEmpty ? (VolumeStack)SegmenterOf(view.Axis).Stack : new VolumeStack(Volume, view, model.Configuration, cache);
        return SliceEncoding.Run(model, indices, index => stack.Input(index, Window));
    }
}
