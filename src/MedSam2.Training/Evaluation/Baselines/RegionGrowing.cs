using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Training.Evaluation.Baselines;

/// <summary>
/// Carries a mask from one slice through the volume with no network: on each next slice, the voxels near the last mask
/// whose values are near the mean of the first one, as far as they hang together with the last mask.
/// </summary>
public static class RegionGrowing
{
    /// <param name="volume">The image.</param>
    /// <param name="axis">The stack that is walked.</param>
    /// <param name="index">The slice of <paramref name="seed"/>.</param>
    /// <param name="seed">The mask to begin with.</param>
    /// <param name="deviations">Values this many standard deviations of the seed from its mean still belong.</param>
    /// <param name="reach">How far, in pixels, the border may move from one slice to the next.</param>
    /// <returns>One mask a slice of the stack.</returns>
    public static Mask[] Grow(Volume volume, SliceAxis axis, int index, Mask seed, double deviations = 2, int reach = 3)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(seed);
        var (width, height, count) = volume.Geometry.SliceShape(axis);
        var slice = new float[width * height];
        volume.ReadSlice(axis, index, slice);
        var (mean, deviation) = Statistics(slice, seed);

        var masks = new Mask[count];
        masks[index] = seed;
        foreach (var step in (int[])[1, -1])
        {
            for (var n = index + step; n >= 0 && n < count; n += step)
            {
                volume.ReadSlice(axis, n, slice);
                masks[n] = Next(slice, masks[n - step], mean, Math.Max(deviation * deviations, 1e-6), reach);
            }
        }

        return masks;
    }

    private static (double Mean, double Deviation) Statistics(float[] slice, Mask mask)
    {
        double sum = 0, squares = 0;
        var count = 0;
        for (var n = 0; n < slice.Length; n++)
        {
            if (mask.Pixels[n] == 0)
                continue;
            sum += slice[n];
            squares += (double)slice[n] * slice[n];
            count++;
        }

        if (count == 0)
            return (0, 0);
        var mean = sum / count;
        return (mean, Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean))));
    }

    private static Mask Next(float[] slice, Mask last, double mean, double tolerance, int reach)
    {
        var (width, height) = (last.Width, last.Height);
        var near = DistanceTransform.Squared(last.Pixels, (width, height, 1), (1, 1, 1));
        var allowed = new bool[slice.Length];
        for (var n = 0; n < slice.Length; n++)
            allowed[n] = near[n] <= reach * reach && Math.Abs(slice[n] - mean) <= tolerance;

        // Flood from where the last mask still fits.
        var next = new Mask(width, height);
        var open = new Stack<int>();
        for (var n = 0; n < slice.Length; n++)
        {
            if (allowed[n] && last.Pixels[n] != 0)
                Visit(n);
        }

        while (open.TryPop(out var n))
        {
            int x = n % width, y = n / width;
            if (x > 0)
                Visit(n - 1);
            if (x < width - 1)
                Visit(n + 1);
            if (y > 0)
                Visit(n - width);
            if (y < height - 1)
                Visit(n + width);
        }

        return next;

        void Visit(int n)
        {
            if (!allowed[n] || next.Pixels[n] != 0)
                return;
            next.Pixels[n] = 1;
            open.Push(n);
        }
    }
}
