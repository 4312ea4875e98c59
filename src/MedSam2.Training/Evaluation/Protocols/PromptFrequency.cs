using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>
/// How much is lost with few prompts: n prompts spread evenly over a structure's slices, for MedSAM-2's memory, SAM 2's and
/// the baselines.
/// </summary>
internal static class PromptFrequency
{
    public static void Run(ProtocolContext context)
    {
        var (options, tolerance) = (context.Options, context.Options.ToleranceMm);
        (string Name, TrackingOptions Tracking)[] models =
        [
            (Settings.MedSam2, options.Tracking),
            (Settings.Sam2, options.Tracking with { Bank = MemoryBankKind.Fifo, Resampling = MemoryResampling.None }),
        ];
        foreach (var (from, structures) in context.Structures())
        {
            var seen = context.AsSeen(from);
            var slices = structures.ToDictionary(s => s, s => s.Slices());
            foreach (var count in options.PromptCounts)
            {
                Structure[] enough = [.. structures.Where(s => slices[s].Length >= count)];
                IReadOnlyList<SlicePrompt> Prompts(Structure structure) =>
                    [.. Spread(slices[structure], count).Select(index => structure.PromptOn(index, options.Prompt))];

                foreach (var (name, tracking) in models)
                {
                    foreach (var (structure, _, voxels) in ModelTracking.Track(context, from, enough, Prompts, tracking))
                        context.Add(structure, Settings.Volume, count, name, VoxelMasks.Score(voxels, structure.Truth(), from.Volume.Geometry, tolerance));
                }

                foreach (var structure in enough)
                {
                    foreach (var (method, voxels) in PromptedBaselines.InVolume(seen, Prompts(structure)))
                        context.Add(structure, Settings.Volume, count, method, VoxelMasks.Score(voxels, structure.Truth(), from.Volume.Geometry, tolerance));
                }
            }
        }
    }

    /// <summary>The middles of n equal parts.</summary>
    internal static IEnumerable<int> Spread(int[] slices, int count) =>
        Enumerable.Range(0, count).Select(n => slices[((2 * n) + 1) * slices.Length / (2 * count)]);
}
