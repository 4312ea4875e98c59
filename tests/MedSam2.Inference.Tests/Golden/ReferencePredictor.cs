using MedSam2.Inference.Memory;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Inference.Tests.Golden;

/// <summary>How a reference predictor treats a click on a frame that was tracked already.</summary>
internal enum CorrectionRule
{
    /// <summary>The current predictor: forgotten by the next propagation.</summary>
    Recomputed,

    /// <summary>The current predictor with <c>add_all_frames_to_correct_as_cond</c>: a conditioning frame from then on.</summary>
    Conditioning,

    /// <summary>The legacy predictor: the corrected frame is kept, and the other objects' memories there are made anew.</summary>
    Kept,
}

/// <summary>
/// The bookkeeping of SAM 2's video predictors around one tracker: which frames are conditioning frames, and when a prompt becomes
/// a memory. The masks, memories and scores themselves all come from the code under test.
/// </summary>
internal sealed class ReferencePredictor(Sam2Model model, VideoFrames frames, CorrectionRule rule) : IDisposable
{
    private readonly HashSet<int> keptFrames = [];

    public Tracker Tracker { get; } = new(model, frames);

    public OrderedDictionary<int, VideoObject> Objects { get; } = [];

    public SliceAnswer AddPoints(int frame, int id, float[] coordinates, int[] labels, bool clearOld)
    {
        var target = ObjectOf(id);
        target.Points[frame] = !clearOld && target.Points.TryGetValue(frame, out var old)
            ? ([.. old.Coordinates, .. coordinates], [.. old.Labels, .. labels])
            : (coordinates, labels);
        var (allCoordinates, allLabels) = target.Points[frame];

        var wasTracked = target.TrackedFrames.TryGetValue(frame, out var isReverse);
        var temporary = wasTracked && rule != CorrectionRule.Conditioning ? target.Corrections : target.Prompts;
        var previous = temporary.GetValueOrDefault(frame)
            ?? target.Memory.Pinned.GetValueOrDefault(frame) ?? target.Memory.Tracked.GetValueOrDefault(frame);
        using var scope = NewDisposeScope();
        var prompt = new SamPrompt
        {
            PointCoords = tensor(allCoordinates).view(1, allLabels.Length, 2),
            PointLabels = tensor(allLabels).view(1, allLabels.Length),
        };
        var answer = Tracker.Prompt(frame, prompt, previous?.MaskLogits, wasTracked ? target.Memory : null, isReverse);
        target.Store(temporary, Tracker.ToMemory(frame, answer));
        return answer;
    }

    public void AddMask(int frame, int id, Tensor mask)
    {
        var target = ObjectOf(id);
        using var answer = Tracker.PromptMask(frame, mask);
        target.Store(target.Prompts, Tracker.ToMemory(frame, answer));
    }

    /// <summary>The memories of all prompts, as the reference makes them before it propagates.</summary>
    /// <param name="encode">Makes the memory of a prompted frame.</param>
    public void Preflight(Action<VideoObject, SliceMemory> encode)
    {
        if (rule == CorrectionRule.Kept)
            KeepCorrections();
        foreach (var target in Objects.Values)
        {
            foreach (var correction in target.Corrections.Values)
            {
                Tracker.EncodePrompted(correction);
                target.Memory.Remember(correction);
            }

            foreach (var prompt in target.Prompts.Values)
                target.Memory.Pin(prompt);
            target.Corrections.Clear();
            target.Prompts.Clear();
            foreach (var pinned in target.Memory.Pinned.Values.Where(p => p.Features is null))
                encode(target, pinned);
        }
    }

    /// <summary>Whether a frame is given as it is instead of being tracked.</summary>
    public bool IsFinal(int frame, VideoObject target) => target.Memory.Pinned.ContainsKey(frame) || keptFrames.Contains(frame);

    /// <summary>Logits at the video's size, <c>[objects, 1, height, width]</c>, as after a prompt or a propagated frame.</summary>
    public Tensor VideoMasks(int frame, int height, int width, bool nonOverlapping)
    {
        using var scope = NewDisposeScope();
        var masks = cat(
            [.. Objects.Values.Select(o => o.Known(frame) is { } memory
                ? interpolate(memory.MaskLogits, [height, width], mode: InterpolationMode.Bilinear, align_corners: false)
                : full(1, 1, height, width, Sam2Model.NoObjectScore))],
            0);
        return (nonOverlapping ? Sam2Model.ApplyNonOverlappingConstraints(masks) : masks).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var target in Objects.Values)
            target.Dispose();
    }

    /// <summary>The legacy predictor consolidates a corrected frame over all objects: those that were not corrected are encoded anew, too.</summary>
    private void KeepCorrections()
    {
        foreach (var frame in Objects.Values.SelectMany(o => o.Corrections.Keys).Distinct().ToArray())
        {
            keptFrames.Add(frame);
            foreach (var target in Objects.Values.Where(o => !o.Corrections.ContainsKey(frame) && o.Memory.Tracked.ContainsKey(frame)))
                Tracker.EncodePrompted(target.Memory.Tracked[frame]);
        }
    }

    private VideoObject ObjectOf(int id)
    {
        if (!Objects.TryGetValue(id, out var target))
            Objects.Add(id, target = new VideoObject(id, model.Configuration));
        return target;
    }
}

/// <summary>One object of a golden video.</summary>
internal sealed class VideoObject(int id, Sam2Configuration configuration) : IDisposable
{
    public int Id => id;

    public FifoMemory Memory { get; } = new(configuration);

    /// <summary>Prompts that will be conditioning frames.</summary>
    public OrderedDictionary<int, SliceMemory> Prompts { get; } = [];

    /// <summary>Corrections of tracked frames that will not.</summary>
    public OrderedDictionary<int, SliceMemory> Corrections { get; } = [];

    public Dictionary<int, (float[] Coordinates, int[] Labels)> Points { get; } = [];

    /// <summary>Frames propagated over, and whether backwards.</summary>
    public Dictionary<int, bool> TrackedFrames { get; } = [];

    public SliceMemory? Known(int frame) =>
        Corrections.GetValueOrDefault(frame) ?? Prompts.GetValueOrDefault(frame)
        ?? Memory.Pinned.GetValueOrDefault(frame) ?? Memory.Tracked.GetValueOrDefault(frame);

    public void Store(OrderedDictionary<int, SliceMemory> temporary, SliceMemory memory)
    {
        if (temporary.Remove(memory.Slice, out var old))
            old.Dispose();
        temporary.Add(memory.Slice, memory);
    }

    public void Dispose()
    {
        Memory.Dispose();
        foreach (var memory in Prompts.Values.Concat(Corrections.Values))
            memory.Dispose();
    }
}
