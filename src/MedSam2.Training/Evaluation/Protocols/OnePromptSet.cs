using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Training.Evaluation.Reporting;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>
/// Pictures of one kind in any order, and a prompt on the one where the structure is largest. The pictures are laid in a
/// stack, squared to the network's size, and the stack is tracked from the prompted one; this is done in several shuffled
/// orders, since a method for sets must not depend on them.
/// </summary>
internal static class OnePromptSet
{
    public static void Run(ProtocolContext context)
    {
        EvaluationCase[] pictures = [.. context.Cases()];
        if (pictures.FirstOrDefault(p => p.Volume.Geometry.Slices > 1) is { } volume)
            throw new EvaluationException($"{volume.Name} is a volume. This protocol needs a folder of single pictures.");
        var labels = Enumerable.Range(1, 255).Select(l => (byte)l).Where(l => pictures.Count(p => p.Labels.Count(l) >= context.Options.LeastPixels) > 1).ToArray();
        for (var order = 0; order < context.Options.Orders; order++)
        {
            foreach (var label in labels)
            {
                context.Report((order * labels.Length) + Array.IndexOf(labels, label), context.Options.Orders * labels.Length);
                EvaluationCase[] shown = [.. pictures.Where(p => p.Labels.Count(label) >= context.Options.LeastPixels)];
                new Random(context.Options.Seed + order).Shuffle(shown);
                Run(context, shown, label, order);
            }
        }
    }

    private static void Run(ProtocolContext context, EvaluationCase[] pictures, byte label, int order)
    {
        var (options, stack) = (context.Options, PictureStack.Of(pictures, context.Model.Configuration.ImageSize, label));
        var prompted = Array.IndexOf(pictures, pictures.OrderByDescending(p => p.Labels.Count(label)).ThenBy(p => p.Name, StringComparer.Ordinal).First());
        var structure = new Structure(stack, label, SliceAxis.K, prompted);
        var prompt = structure.PromptOn(prompted, options.Prompt);

        var tracked = ModelTracking.Track(context, stack, [structure], _ => [prompt], options.Tracking).Single();
        Add(Settings.Model, tracked.Voxels);
        foreach (var (method, voxels) in PromptedBaselines.InEvery(context.AsSeen(stack), prompt))
            Add(method, voxels);

        void Add(string method, byte[] voxels)
        {
            var answer = new LabelMap(stack.Volume.Geometry, voxels);
            for (var n = 0; n < pictures.Length; n++)
            {
                if (n == prompted)
                    continue;
                var score = VoxelMasks.Score(answer.ReadSlice(SliceAxis.K, n, 1), structure.TruthAt(n), stack.Volume.Geometry, SliceAxis.K, options.ToleranceMm);
                context.Add(EvaluationRow.Of(pictures[n].Name, structure.Name, Settings.OtherPictures, order, method, score));
            }
        }
    }
}
