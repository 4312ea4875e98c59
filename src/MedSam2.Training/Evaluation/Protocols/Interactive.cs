using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Training.Evaluation.Baselines;
using MedSam2.Training.Prompts;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>
/// A person who clicks the middle of a structure and then corrects: each further click goes to the deepest error, on the
/// prompted slice, or in the volume on the slice with most wrong pixels. The baseline gets the clicks that the model got.
/// </summary>
internal static class Interactive
{
    private const int Object = 1;

    public static void Run(ProtocolContext context)
    {
        foreach (var (from, structures) in context.Structures())
        {
            var seen = context.AsSeen(from).Volume;
            foreach (var structure in structures)
            {
                OnSlice(context, structure, seen);
                if (from.Volume.Geometry.SliceShape(structure.Axis).Count > 1)
                    InVolume(context, structure, seen);
            }
        }
    }

    private static void OnSlice(ProtocolContext context, Structure structure, Volume seen)
    {
        var volume = structure.Case.Volume;
        using var session = new VolumeSession(context.Model, volume, context.Options.Tracking);
        var truth = structure.TruthAt(structure.Index);
        var slice = new float[truth.Pixels.Length];
        seen.ReadSlice(structure.Axis, structure.Index, slice);
        List<PromptPoint> clicks = [PromptSimulator.CenterClick(truth)!.Value];
        for (var step = 0; step <= context.Options.Corrections; step++)
        {
            var prompt = new SlicePrompt(structure.Axis, structure.Index, [clicks[^1]]);
            var answer = context.Device.Run(() => session.Prompt(Object, prompt, context.Cancellation)).Mask;
            Add(step, Settings.Model, answer);
            Add(step, VolumeBaselines.Growing, ClickGrowing.Fill(slice, truth.Width, clicks));
            if (PromptSimulator.CorrectiveClick(answer, truth) is { } correction)
                clicks.Add(correction);
        }

        void Add(int step, string method, Mask mask) => context.Add(
            structure, Settings.Slice, step, method, VoxelMasks.Score(mask, truth, volume.Geometry, structure.Axis, context.Options.ToleranceMm));
    }

    private static void InVolume(ProtocolContext context, Structure structure, Volume seen)
    {
        var volume = structure.Case.Volume;
        using var session = new VolumeSession(context.Model, volume, context.Options.Tracking);
        var truth = structure.Truth();
        SlicePrompt next = structure.PromptOn(structure.Index, PromptKind.Click);
        List<SlicePrompt> clicks = [];
        for (var step = 0; step <= context.Options.Corrections; step++)
        {
            clicks.Add(next);
            var now = next;
            context.Device.Run(() => session.Prompt(Object, now, context.Cancellation));
            ModelTracking.Propagate(context, session, structure.Axis, [Object]);
            Add(step, Settings.Model, ModelTracking.Voxels(session, Object, structure));
            Add(step, VolumeBaselines.Growing, Grow(structure, clicks, seen));
            if (Correction(session, structure) is not { } correction)
                correction = next;
            next = correction;
        }

        void Add(int step, string method, byte[] voxels) => context.Add(
            structure, Settings.Volume, step, method, VoxelMasks.Score(voxels, truth, volume.Geometry, context.Options.ToleranceMm));
    }

    /// <summary>Where a person would click next; null where nothing is wrong.</summary>
    private static SlicePrompt? Correction(VolumeSession session, Structure structure)
    {
        var (worst, most) = (-1, 0);
        for (var index = 0; index < session.Volume.Geometry.SliceShape(structure.Axis).Count; index++)
        {
            var answer = session.MaskAt(Object, structure.Axis, index)!.Mask;
            var truth = structure.TruthAt(index);
            var wrong = answer.Pixels.Zip(truth.Pixels, (a, t) => a == t ? 0 : 1).Sum();
            if (wrong > most)
                (worst, most) = (index, wrong);
        }

        return worst >= 0 && PromptSimulator.CorrectiveClick(session.MaskAt(Object, structure.Axis, worst)!.Mask, structure.TruthAt(worst)) is { } click
            ? new(structure.Axis, worst, [click])
            : null;
    }

    /// <summary>Slices with a click inside are filled from it and grown onward; what is only excluded elsewhere bounds its own slice.</summary>
    private static byte[] Grow(Structure structure, IReadOnlyList<SlicePrompt> prompts, Volume seen)
    {
        var (width, height, _) = seen.Geometry.SliceShape(structure.Axis);
        var slice = new float[width * height];
        var clicks = prompts.SelectMany(p => p.Points.Select(c => (p.Index, Click: c))).ToLookup(c => c.Index, c => c.Click);
        var seeds = new Dictionary<int, Mask>();
        foreach (var on in clicks.Where(c => c.Any(p => p.Include)))
        {
            seen.ReadSlice(structure.Axis, on.Key, slice);
            seeds[on.Key] = ClickGrowing.Fill(slice, width, [.. on]);
        }

        return VolumeBaselines.Grow(seen, structure.Axis, seeds);
    }
}
