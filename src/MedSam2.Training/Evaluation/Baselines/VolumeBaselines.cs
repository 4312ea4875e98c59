using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Baselines;

/// <summary>
/// The baselines carried through a volume from boxes on one or several slices. Between two boxes the box is interpolated.
/// Beyond the last one it goes on as far as the object is wide: a thing is about as deep as it is wide and high.
/// </summary>
public static class VolumeBaselines
{
    public const string Box = "box filled";
    public const string Ellipse = "ellipse in box";
    public const string Otsu = "Otsu in box";
    public const string Growing = "region growing";

    /// <summary>Every baseline's mask, 1 inside, for each voxel.</summary>
    /// <param name="volume">The image.</param>
    /// <param name="axis">The prompted stack.</param>
    /// <param name="prompts">The boxes by slice, at least one.</param>
    public static IEnumerable<(string Method, byte[] Voxels)> FromBoxes(Volume volume, SliceAxis axis, IReadOnlyDictionary<int, PromptBox> prompts)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(prompts);
        var (width, height, count) = volume.Geometry.SliceShape(axis);
        byte[] box = new byte[volume.Voxels.Count], ellipse = new byte[box.Length], otsu = new byte[box.Length];
        var slice = new float[width * height];
        for (var n = 0; n < count; n++)
        {
            var (at, share) = BoxAt(volume.Geometry, axis, prompts, n);
            if (share <= 0)
                continue;
            VoxelMasks.Put(box, volume.Geometry, axis, n, BoxBaselines.Filled(width, height, at));
            VoxelMasks.Put(ellipse, volume.Geometry, axis, n, BoxBaselines.Ellipse(width, height, Shrink(at, Math.Sqrt(1 - ((1 - share) * (1 - share))))));
            volume.ReadSlice(axis, n, slice);
            VoxelMasks.Put(otsu, volume.Geometry, axis, n, BoxBaselines.Otsu(slice, width, at));
        }

        yield return (Box, box);
        yield return (Ellipse, ellipse);
        yield return (Otsu, otsu);

        var seeds = new Dictionary<int, Mask>();
        foreach (var (index, prompt) in prompts)
        {
            volume.ReadSlice(axis, index, slice);
            seeds[index] = BoxBaselines.Otsu(slice, width, prompt);
        }

        yield return (Growing, Grow(volume, axis, seeds));
    }

    /// <summary>Region growing from each seed; a slice takes the answer of the seed that is nearest to it.</summary>
    public static byte[] Grow(Volume volume, SliceAxis axis, IReadOnlyDictionary<int, Mask> seeds)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(seeds);
        var grown = seeds.ToDictionary(s => s.Key, s => RegionGrowing.Grow(volume, axis, s.Key, s.Value));
        var voxels = new byte[volume.Voxels.Count];
        for (var n = 0; n < volume.Geometry.SliceShape(axis).Count; n++)
            VoxelMasks.Put(voxels, volume.Geometry, axis, n, grown[grown.Keys.MinBy(k => (Math.Abs(k - n), k))][n]);
        return voxels;
    }

    /// <summary>The box on a slice, and 1 between prompts, falling to 0 where the object is guessed to end.</summary>
    private static (PromptBox Box, double Share) BoxAt(VolumeGeometry geometry, SliceAxis axis, IReadOnlyDictionary<int, PromptBox> prompts, int index)
    {
        int[] below = [.. prompts.Keys.Where(k => k <= index)], above = [.. prompts.Keys.Where(k => k >= index)];
        if (below.Length > 0 && above.Length > 0)
        {
            var (from, to) = (below.Max(), above.Min());
            var t = to == from ? 0 : (double)(index - from) / (to - from);
            return (Mix(prompts[from], prompts[to], t), 1);
        }

        var nearest = below.Length > 0 ? below.Max() : above.Min();
        var box = prompts[nearest];
        var (x, y, between) = geometry.SliceSpacing(axis);
        var half = (((Math.Abs(box.X1 - box.X0) + 1) * x) + ((Math.Abs(box.Y1 - box.Y0) + 1) * y)) / 4;
        return (box, 1 - (Math.Abs(index - nearest) * between / half));
    }

    private static PromptBox Mix(PromptBox a, PromptBox b, double t) => new(
        a.X0 + (t * (b.X0 - a.X0)), a.Y0 + (t * (b.Y0 - a.Y0)), a.X1 + (t * (b.X1 - a.X1)), a.Y1 + (t * (b.Y1 - a.Y1)));

    private static PromptBox Shrink(PromptBox box, double factor)
    {
        var (cx, cy) = ((box.X0 + box.X1) / 2, (box.Y0 + box.Y1) / 2);
        return new(cx + ((box.X0 - cx) * factor), cy + ((box.Y0 - cy) * factor), cx + ((box.X1 - cx) * factor), cy + ((box.Y1 - cy) * factor));
    }
}
