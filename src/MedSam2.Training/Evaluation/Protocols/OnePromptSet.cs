using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Training.Evaluation.Reporting;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>
/// Pictures of one kind in any order, and a prompt on the one where the structure is largest; what is found on the others
/// counts. The set is given in several shuffled orders, since a method for sets must not depend on them: once visited
/// by similarity, as is the default, and once as given, which shows how much the order matters to the network. The
/// baselines take the prompt's box to the same place of each picture.
/// </summary>
internal static class OnePromptSet
{
    private const int Object = 1;

    public static void Run(ProtocolContext context)
    {
        EvaluationCase[] pictures = [.. context.Cases()];
        if (pictures.FirstOrDefault(p => p.Volume.Geometry.Slices > 1) is { } volume)
            throw new EvaluationException($"{volume.Name} is a volume. This protocol needs a folder of single pictures.");
        if (context.Options.SetTracking.Bank == MemoryBankKind.Fifo)
            throw new EvaluationException("Pictures of a set have no order, which a first-in-first-out memory needs. Choose another bank.");
        var seen = pictures.ToDictionary(p => p, context.AsSeen);
        byte[] labels = [.. Enumerable.Range(1, 255).Select(l => (byte)l).Where(l => pictures.Count(p => p.Labels.Count(l) >= context.Options.LeastPixels) > 1)];
        foreach (var label in labels)
        {
            Structure[] set = [.. pictures.Where(p => p.Labels.Count(label) >= context.Options.LeastPixels).Select(p => new Structure(p, label, SliceAxis.K, 0))];
            var prompted = set.OrderByDescending(s => s.Case.Labels.Count(label)).ThenBy(s => s.Case.Name, StringComparer.Ordinal).First();
            for (var order = 0; order < context.Options.Orders; order++)
            {
                context.Report((Array.IndexOf(labels, label) * context.Options.Orders) + order, labels.Length * context.Options.Orders);
                new Random(context.Options.Seed + order).Shuffle(set);
                Run(context, set, prompted, seen, order);
            }
        }
    }

    private static void Run(ProtocolContext context, Structure[] set, Structure prompted, Dictionary<EvaluationCase, EvaluationCase> seen, int order)
    {
        var at = Array.IndexOf(set, prompted);
        var prompt = prompted.PromptOn(0, context.Options.Prompt);
        Picture[] pictures = [.. set.Select(s => s.Case.Colours ?? Grey(seen[s.Case].Volume))];
        foreach (var (method, by) in ((string, PictureOrder)[])[(Settings.Model, PictureOrder.Similarity), ("model, order as given", PictureOrder.Given)])
        {
            using var session = new PictureSetSession(context.Model, pictures, context.Options.SetTracking);
            context.Device.Run(() => session.Prompt(Object, prompt with { Index = at }, context.Cancellation));
            foreach (var answer in context.Device.Each(session.Propagate(Object, by, context.Cancellation)))
                Add(set[answer.Index], method, answer.Mask);
        }

        foreach (var structure in set)
        {
            foreach (var (method, mask) in PromptedBaselines.Elsewhere(seen[prompted.Case], seen[structure.Case], prompt))
                Add(structure, method, mask);
        }

        void Add(Structure structure, string method, Mask mask)
        {
            if (structure == prompted)
                return;
            var score = VoxelMasks.Score(mask, structure.TruthAt(0), structure.Case.Volume.Geometry, SliceAxis.K, context.Options.ToleranceMm);
            context.Add(EvaluationRow.Of(structure.Case.Name, structure.Name, Settings.OtherPictures, order, method, score));
        }
    }

    private static Picture Grey(Volume seen)
    {
        var values = new float[seen.Voxels.Count];
        seen.Voxels.Read(0, 1, values);
        return new(seen.Geometry.Columns, seen.Geometry.Rows, [.. values.Select(v => (byte)Math.Round(v))]);
    }
}
