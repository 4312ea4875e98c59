using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;

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
public sealed class VolumeSession : IDisposable
{
    // Enough tracked slices on both sides of a prompt for SAM 2's memories and pointers.
    private const int FifoRetention = 64;

    private readonly SegmentationModel model;
    private readonly TrackingOptions options;
    private readonly FeatureCache cache;
    private readonly Dictionary<SliceAxis, (VolumeStack Stack, Tracker Tracker)> stacks = [];
    private readonly OrderedDictionary<int, SegmentedObject> objects = [];
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
        cache = new FeatureCache(this.options.FeatureCacheBytes, Encode);
    }

    public Volume Volume { get; }

    /// <summary>The grey window that the network sees the volume through.</summary>
    public IntensityWindow Window { get; }

    /// <summary>The objects, in the order of their first prompts.</summary>
    public IReadOnlyList<int> ObjectIds => [.. objects.Keys];

    /// <summary>How often a slice has been encoded so far; what the cache still holds is not encoded again.</summary>
    public int EncodedSliceCount => cache.EncodedCount;

    /// <summary>Adds to what is said about an object on a slice, and answers with its mask there.</summary>
    /// <exception cref="PromptException">The prompt cannot be followed; nothing was changed.</exception>
    public SliceMask Prompt(int objectId, SlicePrompt prompt, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        PromptValidation.Check(prompt, Volume.Geometry);
        cancellationToken.ThrowIfCancellationRequested();
        var known = objects.GetValueOrDefault(objectId)?.Stack(prompt.Axis);
        var prompts = (known?.Prompts.GetValueOrDefault(prompt.Index) ?? SlicePrompts.None).With(prompt);

        var (stack, tracker) = StackOf(prompt.Axis);
        using var answer = Decode(stack, tracker, prompt.Index, prompts, known);

        var target = (known is null ? AddObject(objectId) : objects[objectId]).Stack(prompt.Axis);
        target.Prompts[prompt.Index] = prompts;
        target.Memory.Pin(tracker.ToMemory(prompt.Index, answer));
        target.Memory.ForgetTracked();
        target.Revision++;
        var mask = prompt.Mask ?? stack.ToMask(answer.Logits, options.FilledHoleArea);
        target.Masks[prompt.Index] = StoredMask.Create(mask, answer, target.Revision, isReverse: false);
        return new SliceMask(objectId, prompt.Axis, prompt.Index, mask, answer.PredictedIou, answer.Presence)
        {
            Alternatives = Alternatives(stack, answer),
        };
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
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(objectIds);
        ArgumentNullException.ThrowIfNull(range);
        var count = Volume.Geometry.SliceShape(range.Axis).Count;
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

        return PropagateChecked(ids, range with { Last = last }, cancellationToken);
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

    private IEnumerable<SliceMask> PropagateChecked(int[] ids, PropagationRange range, CancellationToken cancellationToken)
    {
        var (stack, tracker) = StackOf(range.Axis);
        var walks = ids.Select(id => new Walk(objects[id], range)).ToArray();
        foreach (var walk in walks)
            tracker.EncodePinned(walk.Stack.Memory);
        for (var step = 0; step < walks.Max(w => w.Visits.Count); step++)
        {
            // Objects on the same slice at the same time share its features, attention and decoder.
            foreach (var group in walks.Where(w => step < w.Visits.Count).GroupBy(w => w.Visits[step]))
            {
                cancellationToken.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(isDisposed, this);
                Walk[] together = [.. group];
                Track(stack, tracker, group.Key, [.. together.Where(w => !w.IsUpToDate(group.Key.Slice))]);
                foreach (var walk in together)
                    yield return MaskAt(walk.Id, range.Axis, group.Key.Slice)!;
            }
        }
    }

    private void Track(VolumeStack stack, Tracker tracker, Visit visit, Walk[] walks)
    {
        if (walks.Length == 0)
            return;
        var answers = tracker.Track(visit, [.. walks.Select(w => w.Stack.Memory)]);
        foreach (var (walk, answer) in walks.Zip(answers))
        {
            walk.Stack.Masks[visit.Slice] = StoredMask.Create(stack.ToMask(answer.Logits, options.FilledHoleArea), answer, walk.Stack.Revision, visit.IsReverse);
            answer.Dispose();
        }
    }

    private static SliceAnswer Decode(VolumeStack stack, Tracker tracker, int slice, SlicePrompts prompts, ObjectStack? known)
    {
        using var scope = new InferenceScope();
        if (prompts.Mask is { } drawn)
            return tracker.PromptMask(slice, NetworkInput.FromMask(drawn, stack.Placement));

        var pinned = known?.Memory.Pinned.GetValueOrDefault(slice);
        var tracked = pinned is null ? known?.Masks.GetValueOrDefault(slice) : null;
        if (tracked is not null)
            tracker.EncodePinned(known!.Memory);
        return tracker.Prompt(
            slice,
            prompts.ToNetwork(stack.Placement),
            pinned?.MaskLogits ?? (tracked is null ? null : LogitsOf(tracked, stack)),
            tracked is null ? null : known!.Memory,
            tracked?.IsReverse ?? false);
    }

    /// <summary>A correction starts from the mask that the person sees: logits of 10 inside and -10 outside, as SAM 2 makes of masks.</summary>
    private static Tensor LogitsOf(StoredMask tracked, VolumeStack stack) =>
        NetworkInput.FromMask(tracked.Runs.Decode(stack.Placement.Width, stack.Placement.Height), stack.Placement).mul(20).sub(10);

    private CandidateMask[] Alternatives(VolumeStack stack, SliceAnswer answer) =>
    [
        .. Enumerable.Range(0, answer.Ious.Length)
            .Where(n => n != answer.Best)
            .OrderByDescending(n => answer.Ious[n])
            .Select(n => new CandidateMask(ToMask(stack, answer.Candidates, n), answer.Ious[n])),
    ];

    private Mask ToMask(VolumeStack stack, Tensor candidates, int candidate)
    {
        using var one = candidates.narrow(1, candidate, 1);
        using var contiguous = one.contiguous();
        return stack.ToMask(contiguous, options.FilledHoleArea);
    }

    private (VolumeStack Stack, Tracker Tracker) StackOf(SliceAxis axis)
    {
        if (!stacks.TryGetValue(axis, out var pair))
        {
            var stack = new VolumeStack(Volume, axis, model.Configuration, cache);
            stacks.Add(axis, pair = (stack, new Tracker(model.Network, stack)));
        }

        return pair;
    }

    private ImageFeatures Encode(SliceAxis axis, int index)
    {
        using var scope = new InferenceScope();
        var features = model.Network.EncodeImage(StackOf(axis).Stack.Input(index, Window));
        return features.DetachFromDisposeScope();
    }

    private SegmentedObject AddObject(int id)
    {
        var added = new SegmentedObject(id, CreateMemory);
        objects.Add(id, added);
        return added;
    }

    private ObjectMemory CreateMemory() => options.Bank == MemoryBankKind.Fifo
        ? new FifoMemory(model.Configuration, FifoRetention)
        : new BankMemory(model.Configuration, options);
}
