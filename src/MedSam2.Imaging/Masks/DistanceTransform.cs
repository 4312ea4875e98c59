namespace MedSam2.Imaging.Masks;

/// <summary>
/// Exact Euclidean distances on a grid with unequal spacing, in time linear in the number of voxels.
/// </summary>
/// <remarks>Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", 2012.</remarks>
public static class DistanceTransform
{
    /// <summary>
    /// The squared distance in mm² of each voxel to the nearest voxel where <paramref name="sources"/> is not 0;
    /// <see cref="float.PositiveInfinity"/> everywhere when there is none.
    /// </summary>
    /// <param name="sources">Voxels, x fastest, then y, then z.</param>
    /// <param name="size">Number of voxels along x, y, z.</param>
    /// <param name="spacing">Millimetres between voxels along x, y, z.</param>
    public static float[] Squared(ReadOnlySpan<byte> sources, (int X, int Y, int Z) size, (double X, double Y, double Z) spacing)
    {
        if (sources.Length != (long)size.X * size.Y * size.Z)
            throw new ArgumentException($"{sources.Length} voxels were given for a grid of {size.X} x {size.Y} x {size.Z}.", nameof(sources));

        var distances = new float[sources.Length];
        for (var n = 0; n < sources.Length; n++)
            distances[n] = sources[n] != 0 ? 0 : float.PositiveInfinity;

        var line = new Line(Math.Max(size.X, Math.Max(size.Y, size.Z)));
        int plane = size.X * size.Y;
        for (var n = 0; n < size.Y * size.Z; n++)
            line.Transform(distances, n * size.X, 1, size.X, spacing.X);
        for (var z = 0; z < size.Z; z++)
        {
            for (var x = 0; x < size.X; x++)
                line.Transform(distances, (z * plane) + x, size.X, size.Y, spacing.Y);
        }

        for (var n = 0; n < plane; n++)
            line.Transform(distances, n, plane, size.Z, spacing.Z);
        return distances;
    }

    /// <summary>The lower envelope of the parabolas that rise from the samples of one line.</summary>
    private sealed class Line(int length)
    {
        private readonly double[] samples = new double[length];
        private readonly int[] roots = new int[length];
        private readonly double[] borders = new double[length + 1];

        public void Transform(float[] values, int start, int step, int count, double spacing)
        {
            var parabolas = 0;
            for (var n = 0; n < count; n++)
            {
                samples[n] = values[start + (n * step)];
                if (double.IsPositiveInfinity(samples[n]))
                    continue;
                var border = double.NegativeInfinity;
                while (parabolas > 0)
                {
                    border = Crossing(roots[parabolas - 1], n, spacing);
                    if (border > borders[parabolas - 1])
                        break;
                    parabolas--;
                }

                roots[parabolas] = n;
                borders[parabolas] = parabolas == 0 ? double.NegativeInfinity : border;
                parabolas++;
            }

            if (parabolas == 0)
                return;
            for (int n = 0, k = 0; n < count; n++)
            {
                while (k + 1 < parabolas && borders[k + 1] <= n * spacing)
                    k++;
                var away = (n - roots[k]) * spacing;
                values[start + (n * step)] = (float)((away * away) + samples[roots[k]]);
            }
        }

        private double Crossing(int left, int right, double spacing)
        {
            double a = left * spacing, b = right * spacing;
            return (samples[right] + (b * b) - samples[left] - (a * a)) / (2 * (b - a));
        }
    }
}
