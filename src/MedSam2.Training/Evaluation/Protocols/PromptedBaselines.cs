using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Training.Evaluation.Baselines;
using MedSam2.Training.Prompts;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>The baselines that can follow a prompt: all of them a box, region growing a click, too. Of a mask they get its box, region growing the mask.</summary>
internal static class PromptedBaselines
{
    public static IEnumerable<(string Method, Mask Mask)> OnSlice(EvaluationCase from, SlicePrompt prompt)
    {
        var (width, height, _) = from.Volume.Geometry.SliceShape(prompt.Axis);
        var slice = new float[width * height];
        from.Volume.ReadSlice(prompt.Axis, prompt.Index, slice);
        if (BoxOf(prompt) is { } box)
        {
            yield return (VolumeBaselines.Box, BoxBaselines.Filled(width, height, box));
            yield return (VolumeBaselines.Ellipse, BoxBaselines.Ellipse(width, height, box));
            yield return (VolumeBaselines.Otsu, BoxBaselines.Otsu(slice, width, box));
        }
        else
        {
            yield return (VolumeBaselines.Growing, ClickGrowing.Fill(slice, width, [.. prompt.Points]));
        }
    }

    public static IEnumerable<(string Method, byte[] Voxels)> InVolume(EvaluationCase from, IReadOnlyList<SlicePrompt> prompts)
    {
        var axis = prompts[0].Axis;
        if (prompts.All(p => BoxOf(p) is not null))
        {
            foreach (var answer in VolumeBaselines.FromBoxes(from.Volume, axis, prompts.ToDictionary(p => p.Index, p => BoxOf(p)!.Value)))
            {
                if (answer.Method != VolumeBaselines.Growing || prompts[0].Mask is null)
                    yield return answer;
            }
        }

        if (prompts[0].Box is null)
            yield return (VolumeBaselines.Growing, VolumeBaselines.Grow(from.Volume, axis, prompts.ToDictionary(p => p.Index, p => p.Mask ?? OnSlice(from, p).Single().Mask)));
    }

    /// <summary>
    /// On another picture of a set: the prompt's box at the same place of it, and what is as bright there as the object is
    /// where it was prompted. Of a click only the latter.
    /// </summary>
    public static IEnumerable<(string Method, Mask Mask)> Elsewhere(EvaluationCase prompted, EvaluationCase other, SlicePrompt prompt)
    {
        var (from, to) = (prompted.Volume.Geometry, other.Volume.Geometry);
        var (x, y) = ((double)to.Columns / from.Columns, (double)to.Rows / from.Rows);
        if (BoxOf(prompt) is { } box)
        {
            var there = new PromptBox(((box.X0 + 0.5) * x) - 0.5, ((box.Y0 + 0.5) * y) - 0.5, ((box.X1 + 0.5) * x) - 0.5, ((box.Y1 + 0.5) * y) - 0.5);
            foreach (var answer in OnSlice(other, new(SliceAxis.K, 0, [], there)))
                yield return answer;
        }

        var seed = prompt.Mask ?? OnSlice(prompted, prompt).Last().Mask;
        yield return (GreyRange.Method, GreyRange.Find(Pixels(prompted), seed, Pixels(other), to.Columns));
    }

    private static float[] Pixels(EvaluationCase picture)
    {
        var pixels = new float[picture.Volume.Voxels.Count];
        picture.Volume.ReadSlice(SliceAxis.K, 0, pixels);
        return pixels;
    }

    private static PromptBox? BoxOf(SlicePrompt prompt) => prompt.Mask is { } mask ? PromptSimulator.Box(mask) : prompt.Box;
}
