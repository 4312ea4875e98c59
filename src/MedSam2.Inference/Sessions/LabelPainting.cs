using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference.Sessions;

/// <summary>From the masks of slices to the labels of voxels.</summary>
internal static class LabelPainting
{
    /// <summary>
    /// Paints an object. Tracked slices come first, then prompted ones, which are the person's word: inside their plane the
    /// object is where they say, and nowhere else. Slices that were painted by hand come last, those along k after all others.
    /// </summary>
    public static void Paint(LabelMap map, SegmentedObject painted, byte label)
    {
        var own = Paint(map.Geometry, Layers(painted));
        for (var n = 0L; n < own.Labels.LongLength; n++)
        {
            if (own.Labels[n] != 0)
                map.Labels[n] = label;
        }
    }

    /// <summary>An object's slices in the order in which they are painted, taken out of it at once.</summary>
    public static (int Layer, SliceAxis Axis, int Index, MaskRuns Runs)[] Layers(SegmentedObject painted) =>
    [
        .. painted.Stacks
            .SelectMany(s => s.Stack.Masks.Select(m => (LayerOf(s.Stack.Prompts.GetValueOrDefault(m.Key)), s.Axis, m.Key, m.Value.Runs)))
            .OrderBy(slice => slice.Item1).ThenByDescending(slice => slice.Axis),
    ];

    /// <summary>Paints slices that were taken out of an object.</summary>
    public static LabelMap Paint(VolumeGeometry geometry, IEnumerable<(int Layer, SliceAxis Axis, int Index, MaskRuns Runs)> slices)
    {
        var map = new LabelMap(geometry);
        foreach (var slice in slices)
            Write(map, slice.Axis, slice.Index, slice.Runs, overrules: slice.Layer > 0);
        return map;
    }

    private static int LayerOf(Prompts.SlicePrompts? said) => said switch
    {
        null => 0,
        { Mask: null } => 1,
        _ => 2,
    };

    private static void Write(LabelMap map, SliceAxis axis, int index, MaskRuns runs, bool overrules)
    {
        var (width, height, _) = map.Geometry.SliceShape(axis);
        var (start, stepX, stepY) = map.Geometry.SliceStride(axis, index);
        var pixels = runs.Decode(width, height).Pixels;
        for (var y = 0; y < height; y++)
        {
            var offset = start + (y * stepY);
            for (var x = 0; x < width; x++, offset += stepX)
            {
                if (pixels[(y * width) + x] != 0)
                    map.Labels[offset] = 1;
                else if (overrules)
                    map.Labels[offset] = 0;
            }
        }
    }
}
