using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference.Sessions;

/// <summary>From the masks of slices to the labels of voxels.</summary>
internal static class LabelPainting
{
    /// <summary>
    /// Paints an object. Tracked slices come first, then prompted ones, which are the person's word: inside their plane the
    /// object is where they say, and nowhere else.
    /// </summary>
    public static void Paint(LabelMap map, SegmentedObject painted, byte label)
    {
        var own = new LabelMap(map.Geometry);
        foreach (var isPrompted in (bool[])[false, true])
        {
            foreach (var (axis, stack) in painted.Stacks)
            {
                foreach (var (index, stored) in stack.Masks)
                {
                    if (stack.Prompts.ContainsKey(index) == isPrompted)
                        Write(own, axis, index, stored.Runs, overrules: isPrompted);
                }
            }
        }

        for (var n = 0L; n < own.Labels.LongLength; n++)
        {
            if (own.Labels[n] != 0)
                map.Labels[n] = label;
        }
    }

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
