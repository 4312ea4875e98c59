using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Training.Prompts;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>One label of a case: what a person would segment.</summary>
/// <param name="Case">The image.</param>
/// <param name="Label">Its value.</param>
/// <param name="Axis">The stack it is looked at in.</param>
/// <param name="Index">The slice where it is largest.</param>
public sealed record Structure(EvaluationCase Case, byte Label, SliceAxis Axis, int Index)
{
    public string Name => $"label {Label}";

    /// <summary>1 where the structure is, for each voxel of the case.</summary>
    public byte[] Truth()
    {
        var truth = new byte[Case.Labels.Labels.Length];
        for (var n = 0; n < truth.Length; n++)
            truth[n] = Case.Labels.Labels[n] == Label ? (byte)1 : (byte)0;
        return truth;
    }

    public Mask TruthAt(int index) => Case.Labels.ReadSlice(Axis, index, Label);

    /// <summary>The slices that hold the structure.</summary>
    public int[] Slices() => [.. Enumerable.Range(0, Case.Volume.Geometry.SliceShape(Axis).Count).Where(n => TruthAt(n).Pixels.AsSpan().Contains((byte)1))];

    /// <summary>What a person says about it on a slice that holds it.</summary>
    public SlicePrompt PromptOn(int index, PromptKind kind)
    {
        var truth = TruthAt(index);
        return kind switch
        {
            PromptKind.Box => new(Axis, index, [], BoxOn(index)),
            PromptKind.Click => new(Axis, index, [PromptSimulator.CenterClick(truth)!.Value]),
            PromptKind.Mask => new(Axis, index, [], Mask: truth),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown prompt."),
        };
    }

    /// <summary>The tight box; a structure of one row or column gets half a pixel to both sides, since a box cannot be flat.</summary>
    public PromptBox BoxOn(int index)
    {
        var truth = TruthAt(index);
        var box = PromptSimulator.Box(truth)!.Value;
        if (box.X0 == box.X1)
            box = box with { X0 = Math.Max(-0.5, box.X0 - 0.5), X1 = Math.Min(truth.Width - 0.5, box.X1 + 0.5) };
        if (box.Y0 == box.Y1)
            box = box with { Y0 = Math.Max(-0.5, box.Y0 - 0.5), Y1 = Math.Min(truth.Height - 0.5, box.Y1 + 0.5) };
        return box;
    }

    /// <summary>The labels of a case that the options let through, the largest first.</summary>
    public static IReadOnlyList<Structure> Select(EvaluationCase from, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(options);
        var labels = from.Labels;
        var counts = new long[256];
        foreach (var label in labels.Labels)
            counts[label]++;
        var axis = options.Axis.In(from.Volume.Geometry);
        var isVolume = from.Volume.Geometry.SliceShape(axis).Count > 1;
        var found = Enumerable.Range(1, 255).Where(label => counts[label] > 0).OrderByDescending(label => counts[label]).ThenBy(label => label)
            .Select(label => (Label: (byte)label, Largest: labels.LargestSlice(axis, (byte)label)))
            .Where(s => s.Largest.Count >= options.LeastPixels)
            .Select(s => new Structure(from, s.Label, axis, s.Largest.Index))
            .Where(s => IsDominant(s.TruthAt(s.Index), options.LeastDominance) && (!isVolume || s.Slices().Length >= options.LeastSlices));
        return [.. options.MostStructures > 0 ? found.Take(options.MostStructures) : found];
    }

    private static bool IsDominant(Mask mask, double share)
    {
        var sizes = ConnectedComponents.Of(mask).Sizes;
        return sizes.Max() >= share * sizes.Sum();
    }
}
