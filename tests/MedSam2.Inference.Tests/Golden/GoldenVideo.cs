using System.Globalization;
using System.Text.Json;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Golden;

/// <summary>Runs the steps of one tracking file and compares all that it holds (tests/golden/README.md, section 5).</summary>
internal sealed class GoldenVideo(GoldenFile golden, Sam2Model model, IReadOnlyList<byte[]> pictures, GoldenTolerance tolerance) : IDisposable
{
    private readonly VideoFrames frames = new(model, pictures);
    private readonly int height = golden.Json("video_hw")[0].GetInt32();
    private readonly int width = golden.Json("video_hw")[1].GetInt32();
    private readonly bool nonOverlapping = Flag(golden.Json("config_overrides"), "non_overlap_masks");
    private (long Changed, long Count) digests;
    private readonly bool isLegacy = golden.Text("predictor") == "legacy";

    /// <summary>Largest difference seen of each kind of value.</summary>
    public SortedDictionary<string, double> Differences { get; } = [];

    public void Run()
    {
        var rule = isLegacy ? CorrectionRule.Kept
            : Flag(golden.Json("config_overrides"), "add_all_frames_to_correct_as_cond") ? CorrectionRule.Conditioning : CorrectionRule.Recomputed;
        using var predictor = new ReferencePredictor(model, frames, rule);
        var number = 0;
        foreach (var step in golden.Json("steps").EnumerateArray())
        {
            using var scope = new InferenceScope();
            var name = string.Create(CultureInfo.InvariantCulture, $"s{number++:00}");
            if (step.GetProperty("op").GetString() == "propagate")
                Propagate(predictor, step, name);
            else
                Prompt(predictor, step, name);
        }

        CheckDigests();
    }

    public void Dispose() => frames.Dispose();

    /// <summary>
    /// Holds memories to the share that may round to a neighbouring bfloat16: one by one where a file stores them whole. A digest has 256 of
    /// their 65,536 or more elements, too few to tell 0.5 % from 1 %: those of a file are counted together, by <see cref="CheckDigests"/>.
    /// </summary>
    private void CountChanged(string name, long changed, long count)
    {
        if (golden.IsDigest(name))
            digests = (digests.Changed + changed, digests.Count + count);
        else
            Assert.True(changed <= GoldenTolerance.ChangedMemories * count, $"{changed} of the {count} elements of {name} differ by a bfloat16 step.");
    }

    private void CheckDigests() => Assert.True(
        digests.Changed <= GoldenTolerance.ChangedMemories * digests.Count,
        $"{digests.Changed} of the {digests.Count} sampled elements of memories differ by a bfloat16 step.");

    private static bool Flag(JsonElement overrides, string name) => overrides.TryGetProperty(name, out var value) && value.GetBoolean();

    private void Prompt(ReferencePredictor predictor, JsonElement step, string name)
    {
        int frame = step.GetProperty("frame").GetInt32(), id = step.GetProperty("obj").GetInt32();
        if (step.GetProperty("op").GetString() == "mask")
        {
            using var drawn = golden.Tensor(name + ".mask_in");
            var mask = new Mask((int)drawn.shape[1], (int)drawn.shape[0], drawn.data<byte>().ToArray());
            var placement = SlicePlacement.Stretch(mask.Width, mask.Height, model.Configuration.ImageSize);
            predictor.AddMask(frame, id, NetworkInput.FromMask(mask, placement));
        }
        else
        {
            var (coordinates, labels) = Points(step);
            var clearOld = !step.TryGetProperty("clear_old", out var clear) || clear.GetBoolean();
            using var answer = predictor.AddPoints(frame, id, coordinates, labels, clearOld);
            CompareAnswers($"{name}.f{frame:00}", [answer]);
        }

        using var masks = predictor.VideoMasks(frame, height, width, nonOverlapping);
        Compare("masks", name + ".masks", masks);
    }

    private (float[] Coordinates, int[] Labels) Points(JsonElement step)
    {
        var isBox = step.GetProperty("op").GetString() == "box";
        var values = isBox
            ? step.GetProperty("box").EnumerateArray().Select(v => v.GetSingle())
            : step.GetProperty("points").EnumerateArray().SelectMany(p => p.EnumerateArray()).Select(v => v.GetSingle());
        var placement = SlicePlacement.Stretch(width, height, model.Configuration.ImageSize);
        var scaled = values.Chunk(2).SelectMany(p => placement.ToNetwork(p[0], p[1]) is var (x, y) ? new[] { x, y } : []);
        return ([.. scaled], isBox ? [2, 3] : [.. step.GetProperty("labels").EnumerateArray().Select(l => l.GetInt32())]);
    }

    private void Propagate(ReferencePredictor predictor, JsonElement step, string name)
    {
        predictor.Preflight((target, memory) => EncodePrompted(
            predictor.Tracker, memory, $"{name}.state.o{predictor.Objects.IndexOf(target.Id)}.cond.f{memory.Slice:00}.maskmem_features"));
        var isReverse = Flag(step, "reverse");
        foreach (var frame in Order(predictor, step, isReverse))
        {
            Track(predictor, new Visit(frame, isReverse), $"{name}.f{frame:00}");
            using var masks = predictor.VideoMasks(frame, height, width, nonOverlapping);
            Compare("masks", $"{name}.f{frame:00}.masks", masks);
        }

        foreach (var (n, target) in predictor.Objects.Values.Index())
        {
            foreach (var memory in target.Memory.Pinned.Values)
                CompareState($"{name}.state.o{n}.cond.f{memory.Slice:00}", memory);
            foreach (var memory in target.Memory.Tracked.Values)
                CompareState($"{name}.state.o{n}.non_cond.f{memory.Slice:00}", memory);
        }
    }

    /// <summary>
    /// A prompted slice's mask is cut at zero before it is encoded, so that a pixel within rounding of zero changes a patch of the memory.
    /// The reference's float64 run moves logits by so much (the file states it): either side of zero is then the reference's own, and
    /// the memory is held to the plain limits on the side that the file is on. All later frames follow from that memory.
    /// </summary>
    private void EncodePrompted(Tracker tracker, SliceMemory memory, string name)
    {
        tracker.EncodePrompted(memory);
        if (!golden.Has(name) || IsWithinLimits(name, memory))
            return;
        var noise = golden.Json("observed_noise").GetProperty("float64").GetProperty("masks").GetDouble();
        var logits = memory.MaskLogits.clone();
        foreach (var shift in (double[])[noise, -noise])
        {
            memory.MaskLogits.copy_(logits + shift);
            memory.Features!.Dispose();
            tracker.EncodePrompted(memory);
            if (IsWithinLimits(name, memory))
                break;
        }

        memory.MaskLogits.copy_(logits);
    }

    private bool IsWithinLimits(string name, SliceMemory memory) =>
        golden.Difference(name, memory.Features!) is var (largest, changed, count, _)
        && largest <= tolerance.Of("maskmem_features") && changed <= GoldenTolerance.ChangedMemories * count;

    /// <summary>The frames that the reference yields, in order, which the file states, too.</summary>
    private static int[] Order(ReferencePredictor predictor, JsonElement step, bool isReverse)
    {
        var count = predictor.Tracker.SliceCount;
        var start = step.TryGetProperty("start", out var s) ? s.GetInt32() : predictor.Objects.Values.SelectMany(o => o.Memory.Pinned.Keys).Min();
        var most = step.TryGetProperty("max", out var m) ? m.GetInt32() : count;
        var order = VisitingOrder.Create(
            [start],
            isReverse ? Math.Max(start - most, 0) : start,
            isReverse ? start : Math.Min(start + most, count - 1),
            isReverse ? PropagationDirection.Backward : PropagationDirection.Forward);
        int[] slices = [.. order.Select(v => v.Slice)];
        Assert.Equal(step.GetProperty("order").EnumerateArray().Select(v => v.GetInt32()), slices);
        return slices;
    }

    private void Track(ReferencePredictor predictor, Visit visit, string name)
    {
        VideoObject[] all = [.. predictor.Objects.Values];
        VideoObject[] open = [.. all.Where(o => !predictor.IsFinal(visit.Slice, o))];
        foreach (var target in all)
            target.TrackedFrames[visit.Slice] = visit.IsReverse;
        if (open.Length == 0)
            return;
        foreach (var target in open)
            CompareContext(predictor, visit, target, $"{name}.o{Array.IndexOf(all, target)}");
        var answers = predictor.Tracker.Track(visit, [.. open.Select(o => o.Memory)]);
        if (isLegacy)
        {
            CompareAnswers(name + ".batch", answers);
        }
        else
        {
            foreach (var (target, answer) in open.Zip(answers))
                CompareAnswers($"{name}.o{Array.IndexOf(all, target)}", [answer]);
        }

        foreach (var answer in answers)
            answer.Dispose();
    }

    private void CompareContext(ReferencePredictor predictor, Visit visit, VideoObject target, string name)
    {
        if (!golden.Has(name + ".memory"))
            return;
        var features = frames.Features(visit.Slice);
        var choice = target.Memory.Choose(predictor.Tracker.Step(visit.Slice, visit.IsReverse, features));
        using var sequence = model.AssembleMemory(Tracker.Context([choice]));
        Compare("memory", name + ".memory", sequence.Tokens.transpose(0, 1));
        Compare("memory_pos", name + ".memory_pos", sequence.Positions.transpose(0, 1));
        using var conditioned = model.ConditionOnMemory(features, sequence);
        Compare("memory_attention_out", name + ".memory_attention_out", conditioned.flatten(2).permute(2, 0, 1));
    }

    private void CompareAnswers(string name, IReadOnlyList<SliceAnswer> answers)
    {
        Compare("low_res_multimasks", name + ".low_res_multimasks", cat([.. answers.Select(a => a.Candidates)], 0));
        Compare("ious", name + ".ious", stack(answers.Select(a => tensor(a.Ious)), 0));
        Compare("object_score_logits", name + ".object_score_logits", cat([.. answers.Select(a => a.Score)], 0));
        Compare("obj_ptr", name + ".obj_ptr", cat([.. answers.Select(a => a.Pointer)], 0));
    }

    private void CompareState(string name, SliceMemory memory)
    {
        Compare("obj_ptr", name + ".obj_ptr", memory.Pointer);
        Compare("object_score_logits", name + ".object_score_logits", tensor(memory.ObjectScore).view(1, 1));
        Compare("pred_masks", name + ".pred_masks", memory.MaskLogits);
        Compare("maskmem_features", name + ".maskmem_features", memory.Features!);
    }

    private void Compare(string kind, string name, Tensor actual)
    {
        if (!golden.Has(name))
            return;
        var (largest, changed, count, signs) = golden.Difference(name, actual, nonOverlapping && kind == "masks");
        Differences[kind] = Math.Max(Differences.GetValueOrDefault(kind), largest);
        Assert.True(largest <= tolerance.Of(kind), $"{name} differs by {largest}, more than {tolerance.Of(kind)}.");
        if (kind == "maskmem_features")
            CountChanged(name, changed, count);
        if (kind is "masks" or "pred_masks" or "low_res_multimasks")
            Assert.True(signs <= GoldenTolerance.ChangedSigns, $"{signs:P} of the signs of {name} differ.");
    }
}
