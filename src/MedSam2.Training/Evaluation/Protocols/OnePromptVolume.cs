namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>One prompt for each structure, on the slice where it is largest: first that slice alone, then the volume.</summary>
internal static class OnePromptVolume
{
    public static void Run(ProtocolContext context)
    {
        var (options, tolerance) = (context.Options, context.Options.ToleranceMm);
        foreach (var (from, structures) in context.Structures())
        {
            var geometry = from.Volume.Geometry;
            var seen = context.AsSeen(from);
            foreach (var (structure, onPrompt, voxels) in ModelTracking.Track(context, from, structures, s => [s.PromptOn(s.Index, options.Prompt)], options.Tracking))
            {
                var prompt = structure.PromptOn(structure.Index, options.Prompt);
                var shown = structure.TruthAt(structure.Index);
                context.Add(structure, Settings.Slice, 0, Settings.Model, VoxelMasks.Score(onPrompt, shown, geometry, structure.Axis, tolerance));
                foreach (var (method, mask) in PromptedBaselines.OnSlice(seen, prompt))
                    context.Add(structure, Settings.Slice, 0, method, VoxelMasks.Score(mask, shown, geometry, structure.Axis, tolerance));

                if (geometry.SliceShape(structure.Axis).Count == 1)
                    continue;
                var truth = structure.Truth();
                AddVolume(Settings.Model, voxels);
                foreach (var (method, baseline) in PromptedBaselines.InVolume(seen, [prompt]))
                    AddVolume(method, baseline);

                void AddVolume(string method, byte[] mask) => context.Add(
                    structure,
                    Settings.Volume,
                    0,
                    method,
                    VoxelMasks.Score(mask, truth, geometry, tolerance),
                    VoxelMasks.Presence(mask, truth, geometry, structure.Axis, structure.Index));
            }
        }
    }
}
