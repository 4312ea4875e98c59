using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Pictures;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;

namespace MedSam2.Inference;

/// <summary>In which order the pictures of a set are visited.</summary>
public enum PictureOrder
{
    /// <summary>Always the picture that is most like one of those remembered.</summary>
    Similarity,

    /// <summary>As the caller gave them.</summary>
    Given,
}

/// <summary>
/// One-prompt segmentation of pictures of one kind (fundus photographs, ultrasound frames, pathology tiles) in any order: a
/// prompt on one, then the same object in all the others. Pictures are slices of a stack along <see cref="SliceAxis.K"/>
/// here, whose order carries no meaning.
/// </summary>
/// <remarks>Synchronous, for one thread at a time. The same calls in the same order give the same masks.</remarks>
public sealed class PictureSetSession : IDisposable
{
    private readonly SegmentationModel model;
    private readonly IReadOnlyList<Picture> pictures;
    private readonly TrackingOptions options;
    private readonly FeatureCache cache;
    private readonly StackSegmenter segmenter;
    private readonly PictureSimilarity similarity;
    private readonly OrderedDictionary<int, SegmentedObject> objects = [];
    private bool isDisposed;

    /// <param name="model">Shared with other sessions; stays the caller's.</param>
    /// <param name="pictures">At least one; sizes may differ, grey and colour may mix.</param>
    /// <param name="options">Null: <see cref="DefaultOptions"/>.</param>
    /// <exception cref="ArgumentException">There is no picture, an option is out of its range, or the memory is <see cref="MemoryBankKind.Fifo"/>, which needs an order.</exception>
    public PictureSetSession(SegmentationModel model, IReadOnlyList<Picture> pictures, TrackingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0)
            throw new ArgumentException("The set holds no picture.", nameof(pictures));
        this.model = model;
        this.pictures = pictures;
        this.options = options ?? DefaultOptions;
        this.options.Validate();
        if (this.options.Bank == MemoryBankKind.Fifo)
            throw new ArgumentException("Pictures of a set have no order, which this kind of memory needs. Choose another bank.", nameof(options));
        cache = new FeatureCache(model.Features, this.options.FeatureCacheBytes, model.SlicesAtOnce, Encode);
        segmenter = new StackSegmenter(
            model.Network, model.Features, new PictureStack(pictures, model.Configuration.ImageSize, cache), this.options);
        similarity = new PictureSimilarity(pictures.Count, n => segmenter.Stack.Features(n).Top);
    }

    /// <summary>MedSAM-2's method with a bank of 16.</summary>
    public static TrackingOptions DefaultOptions { get; } = new() { Capacity = 16 };

    /// <summary>Adds to what is said about an object on a picture, and answers with its mask there.</summary>
    /// <param name="objectId">New or known.</param>
    /// <param name="prompt">On the picture <see cref="SlicePrompt.Index"/>; the axis is <see cref="SliceAxis.K"/>.</param>
    /// <param name="cancellationToken">Looked at before the network is asked.</param>
    /// <exception cref="PromptException">The prompt cannot be followed; nothing was changed.</exception>
    public SliceMask Prompt(int objectId, SlicePrompt prompt, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Axis != SliceAxis.K)
            throw new PromptException("The pictures of a set lie along the axis K.");
        if (prompt.Index < 0 || prompt.Index >= pictures.Count)
            throw new PromptException($"Picture {prompt.Index} does not exist: the set has pictures 0 to {pictures.Count - 1}.");
        PromptValidation.CheckContent(prompt, pictures[prompt.Index].Width, pictures[prompt.Index].Height);
        cancellationToken.ThrowIfCancellationRequested();

        var known = objects.GetValueOrDefault(objectId);
        var stack = known?.Stack(SliceAxis.K);
        var prompts = (stack?.Prompts.GetValueOrDefault(prompt.Index) ?? SlicePrompts.None).With(prompt);
        using var answer = segmenter.Decode(prompt.Index, prompts, stack);
        if (known is null)
            objects.Add(objectId, known = new SegmentedObject(objectId, model.Configuration, options, isOrdered: false));
        return segmenter.Pin(known, prompt.Index, prompts, answer);
    }

    /// <summary>Finds an object on all pictures. Pictures that are up to date are given as they are.</summary>
    /// <exception cref="PromptException">There is no such object.</exception>
    public IEnumerable<SliceMask> Propagate(
        int objectId, PictureOrder order = PictureOrder.Similarity, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return objects.TryGetValue(objectId, out var known)
            ? Propagate(known, order, cancellationToken)
            : throw new PromptException($"There is no object {objectId}. Prompt it first.");
    }

    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var known in objects.Values)
            known.Dispose();
        similarity.Dispose();
        cache.Dispose();
    }

    private IEnumerable<SliceMask> Propagate(SegmentedObject known, PictureOrder order, CancellationToken cancellationToken)
    {
        var stack = known.Stack(SliceAxis.K);
        segmenter.EncodePinned(stack.Memory);
        List<int> open = [];
        for (var picture = 0; picture < pictures.Count; picture++)
        {
            if (stack.IsUpToDate(picture, known.Revision))
                yield return MaskOf(known, picture);
            else
                open.Add(picture);
        }

        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(isDisposed, this);
            var picture = order == PictureOrder.Given ? open[0] : Nearest(open, stack.Memory);
            open.Remove(picture);
            var walk = new Walk(known, stack.Memory, [new Visit(picture, false)], _ => false);
            foreach (var (_, visited) in Propagation.Run(segmenter, [walk], Keep, cancellationToken))
                yield return MaskOf(known, visited);
            walk.ThrowIfPrompted();
        }
    }

    private int Nearest(List<int> open, ObjectMemory memory)
    {
        using var scope = new InferenceScope();
        int[] remembered = [.. memory.Pinned.Keys, .. ((BankMemory)memory).Entries.Select(e => e.Memory.Slice)];
        return similarity.Nearest(open, remembered);
    }

    private void Keep(Walk walk, Visit visit, SliceAnswer answer) =>
        walk.Object.Stack(SliceAxis.K).Masks[visit.Slice] =
            StoredMask.Create(segmenter.ToMask(visit.Slice, answer.Logits), answer, walk.Object.Revision, isReverse: false);

    private SliceMask MaskOf(SegmentedObject known, int picture) => known.Stack(SliceAxis.K).Masks[picture]
        .ToSliceMask(known.Id, SliceAxis.K, picture, pictures[picture].Width, pictures[picture].Height);

    private IReadOnlyList<ImageFeatures> Encode(StackView view, IReadOnlyList<int> indices) => SliceEncoding.Run(
        model, indices, index => NetworkInput.FromFrame(pictures[index].Pixels, pictures[index].Channels, segmenter.Stack.Placement(index)));
}
