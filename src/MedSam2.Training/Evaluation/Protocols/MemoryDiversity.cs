using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>
/// How alike the remembered slices are while a structure is tracked: the mean mutual information of all pairs of them, as
/// the network sees them. A memory that repeats itself has much, one that sorts out what resembles has little.
/// </summary>
internal static class MemoryDiversity
{
    private const int Object = 1;

    public static void Run(ProtocolContext context)
    {
        EvaluationCase[] pictures = [.. context.Cases().TakeWhile(c => c.Volume.Geometry.Slices == 1)];
        if (pictures.Length == context.CaseCount)
        {
            var labels = Enumerable.Range(1, 255).Select(l => (byte)l).Where(l => pictures.Count(p => p.Labels.Count(l) >= context.Options.LeastPixels) > 1);
            foreach (var label in labels)
            {
                EvaluationCase[] shown = [.. pictures.Where(p => p.Labels.Count(label) >= context.Options.LeastPixels)];
                new Random(context.Options.Seed).Shuffle(shown);
                var stack = PictureStack.Of(shown, context.Model.Configuration.ImageSize, label);
                Follow(context, new Structure(stack, label, Imaging.Geometry.SliceAxis.K, stack.Labels.LargestSlice(Imaging.Geometry.SliceAxis.K, label).Index));
            }

            return;
        }

        foreach (var (from, structures) in context.Structures())
        {
            if (from.Volume.Geometry.SliceShape(structures[0].Axis).Count == 1)
                throw new EvaluationException($"{from.Name} is a single picture among volumes. Evaluate pictures and volumes apart.");
            foreach (var structure in structures)
                Follow(context, structure);
        }
    }

    private static void Follow(ProtocolContext context, Structure structure)
    {
        var seen = context.AsSeen(structure.Case).Volume;
        var truth = structure.Truth();
        var known = new Dictionary<(int, int), double>();
        foreach (var (name, tracking) in Settings.Ablation(context.Options.Tracking).Reverse())
        {
            using var session = new VolumeSession(context.Model, structure.Case.Volume, tracking);
            context.Device.Run(() => session.Prompt(Object, structure.PromptOn(structure.Index, context.Options.Prompt), context.Cancellation));
            var step = 0;
            foreach (var _ in context.Device.Each(session.Propagate([Object], PropagationRange.Whole with { Axis = structure.Axis }, context.Cancellation)))
            {
                step++;
                if (MeanBits(seen, structure, [.. session.RememberedSlices(Object, structure.Axis).Order()], known) is { } bits)
                    context.Add(new Reporting.EvaluationTrace(structure.Case.Name, structure.Name, name, step, bits));
            }

            context.Add(structure, Settings.Volume, 0, name, VoxelMasks.Score(
                ModelTracking.Voxels(session, Object, structure), truth, structure.Case.Volume.Geometry, context.Options.ToleranceMm));
        }
    }

    /// <summary>Over all pairs; null below two slices.</summary>
    private static double? MeanBits(Volume seen, Structure structure, int[] slices, Dictionary<(int, int), double> known)
    {
        var (sum, pairs) = (0.0, 0);
        for (var a = 0; a < slices.Length; a++)
        {
            for (var b = a + 1; b < slices.Length; b++, pairs++)
            {
                if (!known.TryGetValue((slices[a], slices[b]), out var bits))
                    known.Add((slices[a], slices[b]), bits = MutualInformation.Bits(Read(seen, structure, slices[a]), Read(seen, structure, slices[b])));
                sum += bits;
            }
        }

        return pairs == 0 ? null : sum / pairs;
    }

    private static float[] Read(Volume seen, Structure structure, int index)
    {
        var (width, height, _) = seen.Geometry.SliceShape(structure.Axis);
        var slice = new float[width * height];
        seen.ReadSlice(structure.Axis, index, slice);
        return slice;
    }
}
