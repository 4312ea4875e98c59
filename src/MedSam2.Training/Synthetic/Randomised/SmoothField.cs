namespace MedSam2.Training.Synthetic.Randomised;

/// <summary>
/// Smooth random functions on a grid: random values on a coarse lattice, interpolated by uniform cubic B-splines
/// (twice continuously differentiable, so that neither edges nor textures show the lattice).
/// </summary>
internal static class SmoothField
{
    /// <summary>A field of mean 0 and standard deviation about 1.</summary>
    /// <param name="random">Source of the lattice values.</param>
    /// <param name="size">Voxels along x, y, z; x fastest.</param>
    /// <param name="cell">Lattice cell in voxels along x, y, z.</param>
    public static float[] Create(Random random, (int X, int Y, int Z) size, (double X, double Y, double Z) cell)
    {
        var along = (X: Axis(random, size.X, cell.X), Y: Axis(random, size.Y, cell.Y), Z: Axis(random, size.Z, cell.Z));
        int nx = along.X.Nodes, ny = along.Y.Nodes, nz = along.Z.Nodes;
        var lattice = new float[nx * ny * nz];
        for (var n = 0; n < lattice.Length; n++)
            lattice[n] = (float)(Gaussian(random) * Spread);

        var field = new float[size.X * size.Y * size.Z];
        var plane = new float[nx * ny];
        var row = new float[nx];
        for (var z = 0; z < size.Z; z++)
        {
            Blend(lattice, plane.Length, along.Z, z, plane);
            for (var y = 0; y < size.Y; y++)
            {
                Blend(plane, nx, along.Y, y, row);
                var line = field.AsSpan(((z * size.Y) + y) * size.X, size.X);
                for (var x = 0; x < line.Length; x++)
                {
                    var first = along.X.First[x];
                    var weights = along.X.Weights.AsSpan(x * 4, 4);
                    line[x] = (row[first] * weights[0]) + (row[first + 1] * weights[1]) + (row[first + 2] * weights[2]) + (row[first + 3] * weights[3]);
                }
            }
        }

        return field;
    }

    /// <summary>A standard normal deviate (Box and Muller).</summary>
    public static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Averaging by the spline lowers the spread by this factor in three dimensions: ∫ of its squared kernel, 151/315 a dimension.</summary>
    private static readonly double Spread = Math.Pow(315.0 / 151.0, 1.5);

    private static LatticeAxis Axis(Random random, int size, double cell)
    {
        cell = Math.Max(1, cell);
        var shift = random.NextDouble();
        var first = new int[size];
        var weights = new float[size * 4];
        for (var n = 0; n < size; n++)
        {
            var at = (n / cell) + shift;
            first[n] = (int)at;
            var t = at - first[n];
            weights[n * 4] = (float)((1 - t) * (1 - t) * (1 - t) / 6);
            weights[(n * 4) + 1] = (float)(((3 * t * t * t) - (6 * t * t) + 4) / 6);
            weights[(n * 4) + 2] = (float)(((-3 * t * t * t) + (3 * t * t) + (3 * t) + 1) / 6);
            weights[(n * 4) + 3] = (float)(t * t * t / 6);
        }

        return new(first[^1] + 4, first, weights);
    }

    private static void Blend(float[] source, int length, LatticeAxis axis, int at, Span<float> destination)
    {
        destination.Clear();
        for (var tap = 0; tap < 4; tap++)
        {
            var weight = axis.Weights[(at * 4) + tap];
            var from = source.AsSpan((axis.First[at] + tap) * length, length);
            for (var n = 0; n < length; n++)
                destination[n] += weight * from[n];
        }
    }

    private sealed record LatticeAxis(int Nodes, int[] First, float[] Weights);
}
