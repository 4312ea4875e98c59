namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>The same prompt and volume with each way of remembering, the parts of MedSAM-2 added one by one.</summary>
internal static class Ablation
{
    public static void Run(ProtocolContext context)
    {
        var (options, tolerance) = (context.Options, context.Options.ToleranceMm);
        // The whole method comes first: the table counts on how many structures it beats each other one.
        var variants = Settings.Ablation(options.Tracking).Reverse().ToArray();
        foreach (var (from, structures) in context.Structures())
        {
            if (from.Volume.Geometry.SliceShape(structures[0].Axis).Count == 1)
                throw new EvaluationException($"{from.Name} is a single picture. This protocol needs volumes.");
            foreach (var (name, tracking) in variants)
            {
                foreach (var (structure, _, voxels) in ModelTracking.Track(context, from, structures, s => [s.PromptOn(s.Index, options.Prompt)], tracking))
                    context.Add(structure, Settings.Volume, 0, name, VoxelMasks.Score(voxels, structure.Truth(), from.Volume.Geometry, tolerance));
            }

            var seen = context.AsSeen(from);
            foreach (var structure in structures)
            {
                foreach (var (method, voxels) in PromptedBaselines.InVolume(seen, [structure.PromptOn(structure.Index, options.Prompt)]))
                    context.Add(structure, Settings.Volume, 0, method, VoxelMasks.Score(voxels, structure.Truth(), from.Volume.Geometry, tolerance));
            }
        }
    }
}
