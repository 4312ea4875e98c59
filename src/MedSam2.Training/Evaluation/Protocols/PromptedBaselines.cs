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

    /// <summary>In a set of pictures: the same box (or click) on each of them; region growing from picture to picture.</summary>
    public static IEnumerable<(string Method, byte[] Voxels)> InEvery(EvaluationCase set, SlicePrompt prompt)
    {
        var geometry = set.Volume.Geometry;
        var answers = Enumerable.Range(0, geometry.SliceShape(prompt.Axis).Count)
            .SelectMany(index => OnSlice(set, prompt with { Index = index }).Select(answer => (answer.Method, index, answer.Mask)));
        foreach (var method in answers.GroupBy(a => a.Method))
        {
            var voxels = new byte[geometry.VoxelCount];
            foreach (var (_, index, mask) in method)
                VoxelMasks.Put(voxels, geometry, prompt.Axis, index, mask);
            yield return (method.Key == VolumeBaselines.Growing ? "flood fill" : method.Key, voxels);
        }

        yield return InVolume(set, [prompt]).Single(a => a.Method == VolumeBaselines.Growing);
    }

    private static PromptBox? BoxOf(SlicePrompt prompt) => prompt.Mask is { } mask ? PromptSimulator.Box(mask) : prompt.Box;
}
