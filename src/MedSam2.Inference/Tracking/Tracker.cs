using MedSam2.Inference.Memory;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Inference.Tracking;

/// <summary>
/// One step of tracking at a time: a prompt on a slice, or a slice reached from others, for one object or many. What is
/// remembered, and how, is the <see cref="ObjectMemory"/>'s matter: with <see cref="FifoMemory"/> this is SAM 2.
/// </summary>
/// <remarks>Not safe for use from several threads at once.</remarks>
internal sealed class Tracker(Sam2Model model, ISliceSource slices)
{
    // SAM 2 feeds earlier logits back within these bounds, against rare numerical trouble.
    private const double LargestFedBackLogit = 32;

    public int SliceCount => slices.Count;

    /// <summary>Decodes points and boxes on a slice.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="prompt">Of one object.</param>
    /// <param name="previous">Logits of the mask that the prompt corrects, <c>[1, 1, S/4, S/4]</c>; null for a first prompt.</param>
    /// <param name="memory">What the object is known by, for a slice that was tracked; null for a first prompt on the slice.</param>
    /// <param name="isReverse">How the slice was reached, where it was tracked.</param>
    public SliceAnswer Prompt(int slice, SamPrompt prompt, Tensor? previous, ObjectMemory? memory, bool isReverse = false)
    {
        using var scope = new InferenceScope();
        var features = slices.Features(slice);
        var conditioned = memory is null
            ? model.ConditionWithoutMemory(features)
            : model.ConditionOnMemory(features, Context([memory.Choose(Step(slice, isReverse, features))]));
        var fed = previous is null ? prompt : prompt with { MaskInputs = previous.clamp(-LargestFedBackLogit, LargestFedBackLogit) };
        var output = model.ForwardSamHeads(features, conditioned, fed, model.UseMultimask(memory is null, prompt.PointCount));
        return new SliceAnswer(output, 0);
    }

    /// <summary>Takes a mask as the truth of a slice.</summary>
    /// <param name="slice">Index of the slice.</param>
    /// <param name="mask"><c>[1, 1, S, S]</c>, 0 and 1.</param>
    public SliceAnswer PromptMask(int slice, Tensor mask)
    {
        using var scope = new InferenceScope();
        var features = slices.Features(slice);
        if (model.Configuration.UseMaskInputAsOutputWithoutSam)
            return new SliceAnswer(model.UseMaskAsOutput(features, features.Top, mask), 0);
        var prompt = new SamPrompt { MaskInputs = mask };
        return new SliceAnswer(
            model.ForwardSamHeads(features, model.ConditionWithoutMemory(features), prompt, model.UseMultimask(true, 0)), 0);
    }

    /// <summary>Finds objects on a slice from what is remembered of them, and remembers what it found. If it fails, nothing is remembered.</summary>
    /// <param name="visit">The slice.</param>
    /// <param name="objects">What each object is known by.</param>
    /// <param name="mostTogether">Objects that may go through the network together.</param>
    /// <returns>One answer for each object, which the caller owns.</returns>
    public IReadOnlyList<SliceAnswer> Track(Visit visit, IReadOnlyList<ObjectMemory> objects, int mostTogether = int.MaxValue)
    {
        using var scope = new InferenceScope();
        var features = slices.Features(visit.Slice);
        var step = Step(visit.Slice, visit.IsReverse, features);
        var choices = objects.Select(o => o.Choose(step)).ToArray();
        var answers = new SliceAnswer[objects.Count];
        var memories = new SliceMemory?[objects.Count];
        try
        {
            // Objects with equally many memories go through the network together.
            foreach (var group in Enumerable.Range(0, objects.Count).GroupBy(n => (choices[n].Maps.Count, choices[n].Pointers.Count)))
            {
                foreach (var members in group.Chunk(mostTogether))
                    TrackTogether(visit.Slice, features, members, objects, choices, answers, memories);
            }
        }
        catch
        {
            foreach (var answer in answers)
                answer?.Dispose();
            foreach (var memory in memories)
                memory?.Dispose();
            throw;
        }

        for (var n = 0; n < memories.Length; n++)
        {
            if (memories[n] is { } memory)
                objects[n].Remember(memory);
        }

        return answers;
    }

    /// <summary>What a slice leaves behind, not yet encoded.</summary>
    public SliceMemory ToMemory(int slice, SliceAnswer answer)
    {
        using var scope = NewDisposeScope();
        return new SliceMemory
        {
            Slice = slice,
            Axis = slices.Plane(slice).Axis,
            Center = slices.Center(slice, answer.Logits.cpu().data<float>().ToArray()),
            Pointer = answer.Pointer.clone().DetachFromDisposeScope(),
            ImageEmbedding = slices.Features(slice).Top.alias().DetachFromDisposeScope(),
            MaskLogits = answer.Logits.clone().DetachFromDisposeScope(),
            Confidence = answer.PredictedIou,
            ObjectScore = answer.ObjectScore,
        };
    }

    /// <summary>
    /// Encodes prompted slices that have not been yet, from their masks brought back to full size; and what else the memory
    /// needs of slices, since no slice may be encoded once the next one's features are in hand.
    /// </summary>
    public void EncodePinned(ObjectMemory memory)
    {
        memory.EncodeImages();
        foreach (var pinned in memory.Pinned.Values.Where(p => p.Features is null))
            EncodePrompted(pinned);
    }

    /// <inheritdoc cref="EncodePinned"/>
    public void EncodePrompted(SliceMemory memory)
    {
        using var scope = new InferenceScope();
        long size = model.Configuration.ImageSize;
        var mask = interpolate(memory.MaskLogits, [size, size], mode: InterpolationMode.Bilinear, align_corners: false);
        var score = full(1, 1, memory.ObjectScore, device: memory.MaskLogits.device);
        memory.Features = Store(model.EncodeMemory(slices.Features(memory.Slice), mask, score, isMaskFromPoints: true));
    }

    /// <summary>The current slice as the memories see it.</summary>
    internal TrackingStep Step(int slice, bool isReverse, ImageFeatures features) => new(
        slice, slices.Count, isReverse, slices.Plane(slice), features.Top);

    /// <summary>Lines up the choices of several objects, each with equally many memories, as batches.</summary>
    internal static MemoryContext Context(IReadOnlyList<MemoryChoice> choices)
    {
        var first = choices[0];
        var maps = Enumerable.Range(0, first.Maps.Count).Select(m => new MemorySlot(Batch(choices, c => c.Maps[m].Memory.Features!))
        {
            TemporalRows = [.. choices.Select(c => (int?)c.Maps[m].TemporalRow)],
            AttentionBias = [.. choices.Select(c => (float)c.Maps[m].Bias)],
        });
        var pointers = Enumerable.Range(0, first.Pointers.Count).Select(p => new PointerSlot(Batch(choices, c => c.Pointers[p].Memory.Pointer))
        {
            TemporalPositions = [.. choices.Select(c => (float?)(c.Pointers[p].Distance / c.PointerSpan))],
            AttentionBias = [.. choices.Select(c => (float)c.Pointers[p].Bias)],
        });
        return new MemoryContext([.. maps], [.. pointers]);
    }

    /// <summary><c>[B, 1]</c>; null where there are none.</summary>
    private static Tensor? Margins(float[] margins) => margins.All(margin => margin == 0) ? null : tensor(margins).view(-1, 1);

    private static Tensor Batch(IReadOnlyList<MemoryChoice> choices, Func<MemoryChoice, Tensor> part) =>
        choices.Count == 1 ? part(choices[0]) : cat([.. choices.Select(part)], 0);

    private void TrackTogether(
        int slice, ImageFeatures features, int[] members, IReadOnlyList<ObjectMemory> objects, MemoryChoice[] choices, SliceAnswer[] answers, SliceMemory?[] memories)
    {
        using var scope = NewDisposeScope();
        var conditioned = model.ConditionOnMemory(features, Context([.. members.Select(n => choices[n])]));
        var output = model.ForwardSamHeads(features, conditioned, SamPrompt.None, model.UseMultimask(false, 0), Margins([.. members.Select(n => objects[n].PresenceMargin)]));
        for (var n = 0; n < members.Length; n++)
            answers[members[n]] = new SliceAnswer(output, n);

        long[] admitted = [.. Enumerable.Range(0, members.Length)
            .Where(n => objects[members[n]].Admits(answers[members[n]].PredictedIou, answers[members[n]].IsPresent)).Select(n => (long)n)];
        if (admitted.Length == 0)
            return;
        var rows = tensor(admitted, device: output.HighResMasks.device);
        var maps = model.EncodeMemory(
            features, output.HighResMasks.index_select(0, rows), output.ObjectScoreLogits.index_select(0, rows), isMaskFromPoints: false);
        for (var n = 0; n < admitted.Length; n++)
        {
            var member = members[admitted[n]];
            memories[member] = ToMemory(slice, answers[member]);
            memories[member]!.Features = Store(maps.narrow(0, n, 1));
        }
    }

    /// <summary>Memories are kept in bfloat16, as in the reference.</summary>
    private static Tensor Store(Tensor map) => map.to(ScalarType.BFloat16, copy: true).DetachFromDisposeScope();
}
