using MedSam2.Imaging.Geometry;
using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>Fills a cube with tissues, a body's outline and layers, and many solids that touch, overlap and lie in each other.</summary>
/// <remarks>The same seed gives the same scene on every machine. Not safe for use from several threads at once.</remarks>
public sealed class SceneGenerator
{
    private const int Coarse = 2; // distances are computed on every second voxel and interpolated: they are smooth
    private const int MostRegions = 60;
    private readonly Random random;
    private readonly int side;
    private readonly byte[] voxels;
    private readonly List<SceneRegion> regions = [];
    private readonly Dictionary<int, double> radii = [];
    private readonly float[][] bend;
    private readonly double strength;

    private SceneGenerator(int seed, int side)
    {
        random = new Random(seed);
        this.side = side;
        voxels = new byte[side * side * side];
        var cell = Blob.Uniform(random, 0.35, 1.1);
        strength = Blob.Uniform(random, 0.02, 0.2) * cell;
        bend = [CoarseField(cell), CoarseField(cell), CoarseField(cell)];
    }

    private int Knots => (side / Coarse) + 1;

    private double Step => 2.0 / side;

    /// <summary>Makes the scene of a seed.</summary>
    /// <param name="seed">Source of all choices.</param>
    /// <param name="side">Voxels along each edge, even, at least 16.</param>
    public static Scene Create(int seed, int side)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 16);
        ArgumentOutOfRangeException.ThrowIfNotEqual(side % Coarse, 0);
        var maker = new SceneGenerator(unchecked((seed * 16777619) ^ 0x5ce4e), side);
        maker.Fill();
        return new(side, maker.voxels, maker.regions);
    }

    private void Fill()
    {
        regions.Add(new(IsObject: false, Parent: -1)); // air
        PaintTissues(random.Next(1, 6));
        Shape? body = random.NextDouble() switch
        {
            < 0.15 => null, // a cut-out: tissue up to the edge
            < 0.7 => new Tube(random, Middle(0.12), 4, Blob.Uniform(random, 0.65, 0.95)),
            _ => new Blob(random, Middle(0.12), Blob.Uniform(random, 0.8, 1.3), 0.06),
        };
        if (body is not null)
        {
            for (var layers = random.Next(0, 4); layers > 0; layers--)
                Paint(new Shell(body, Blob.Uniform(random, 0.02, 0.12) * layers), isObject: false);
        }

        var spread = Blob.Uniform(random, 0.35, 0.8);
        var scale = Blob.Uniform(random, 0.6, 1.3);
        for (var solids = random.Next(8, 26); solids > 0 && regions.Count < MostRegions; solids--)
            Paint(Solid(Middle(spread), scale), isObject: true);
        if (body is not null && random.NextDouble() < 0.9)
            Clear(body);
    }

    private Shape Solid(Vector3D center, double scale)
    {
        var size = scale * Math.Exp(Blob.Uniform(random, Math.Log(0.06), Math.Log(0.45)));
        return random.NextDouble() switch
        {
            < 0.72 => new Blob(random, center, size, Blob.Uniform(random, 0, 0.22)),
            < 0.9 => new Tube(random, center, Blob.Uniform(random, 0.5, 2.5), scale * Blob.Uniform(random, 0.03, 0.14)),
            _ => new Shell(new Blob(random, center, Math.Max(size, 0.12), 0.1), Blob.Uniform(random, 0.03, 0.09)),
        };
    }

    private Vector3D Middle(double spread)
    {
        double Along() => spread * ((random.NextDouble() + random.NextDouble()) - 1) * 1.4;
        return new(Along(), Along(), Along());
    }

    private void PaintTissues(int count)
    {
        // Each voxel belongs to the largest of several smooth fields.
        var size = (side, side, side);
        var best = new float[voxels.Length];
        best.AsSpan().Fill(float.NegativeInfinity);
        for (var k = 0; k < count; k++)
        {
            var cell = Blob.Uniform(random, 0.2, 0.9) / Step;
            var field = SmoothField.Create(random, size, (cell, cell, cell));
            var region = (byte)regions.Count;
            regions.Add(new(IsObject: false, Parent: -1));
            for (var n = 0; n < voxels.Length; n++)
            {
                if (field[n] <= best[n])
                    continue;
                best[n] = field[n];
                voxels[n] = region;
            }
        }
    }

    private void Paint(Shape shape, bool isObject)
    {
        var under = RegionAt(shape.Bounds.Center);
        var parent = radii.TryGetValue(under, out var around) && shape.Bounds.Radius < 0.5 * around ? under : -1;
        var region = (byte)regions.Count;
        if (isObject)
            radii[region] = shape.Bounds.Radius;
        regions.Add(new(isObject, parent));
        Visit(shape, everywhere: false, (n, distance) =>
        {
            if (distance < 0)
                voxels[n] = region;
        });
    }

    private void Clear(Shape body) => Visit(body, everywhere: true, (n, distance) =>
    {
        if (distance > 0)
            voxels[n] = 0;
    });

    private int RegionAt(Vector3D p)
    {
        int At(double x) => Math.Clamp((int)((x + 1) / Step), 0, side - 1);
        return voxels[(((At(p.Z) * side) + At(p.Y)) * side) + At(p.X)];
    }

    /// <summary>Calls with the distance of each voxel near the shape, interpolated between knots.</summary>
    private void Visit(Shape shape, bool everywhere, Action<int, double> visit)
    {
        var (center, radius) = shape.Bounds;
        radius += (2.5 * strength) + 0.05;
        var (x0, x1) = everywhere ? (0, Knots - 1) : Range(center.X, radius);
        var (y0, y1) = everywhere ? (0, Knots - 1) : Range(center.Y, radius);
        var (z0, z1) = everywhere ? (0, Knots - 1) : Range(center.Z, radius);
        int nx = x1 - x0 + 1, ny = y1 - y0 + 1;
        if (nx < 2 || ny < 2 || z1 - z0 < 1)
            return;

        var lower = Plane(z0);
        for (var z = z0; z < z1; z++)
        {
            var upper = Plane(z + 1);
            for (var y = y0; y < y1; y++)
            {
                for (var x = x0; x < x1; x++)
                {
                    var at = ((y - y0) * nx) + x - x0;
                    Cell(lower, upper, at, nx, (((z * Coarse * side) + (y * Coarse)) * side) + (x * Coarse), visit);
                }
            }

            lower = upper;
        }

        double[] Plane(int z)
        {
            var plane = new double[nx * ny];
            for (var y = 0; y < ny; y++)
            {
                for (var x = 0; x < nx; x++)
                    plane[(y * nx) + x] = shape.Distance(Bent(x0 + x, y0 + y, z));
            }

            return plane;
        }
    }

    /// <summary>The 2 x 2 x 2 voxels of a cell between knots: means of the knots around them.</summary>
    private void Cell(double[] lower, double[] upper, int at, int nx, int first, Action<int, double> visit)
    {
        double a = lower[at], b = lower[at + 1], c = lower[at + nx], d = lower[at + nx + 1];
        double e = upper[at], f = upper[at + 1], g = upper[at + nx], h = upper[at + nx + 1];
        if (a > 0.1 && b > 0.1 && c > 0.1 && d > 0.1 && e > 0.1 && f > 0.1 && g > 0.1 && h > 0.1)
        {
            var far = Math.Min(a, h);
            for (var n = 0; n < 8; n++)
                visit(first + (n & 1) + ((n >> 1 & 1) * side) + ((n >> 2) * side * side), far);
            return;
        }

        var up = side * side;
        visit(first, a);
        visit(first + 1, (a + b) / 2);
        visit(first + side, (a + c) / 2);
        visit(first + side + 1, (a + b + c + d) / 4);
        visit(first + up, (a + e) / 2);
        visit(first + up + 1, (a + b + e + f) / 4);
        visit(first + up + side, (a + c + e + g) / 4);
        visit(first + up + side + 1, (a + b + c + d + e + f + g + h) / 8);
    }

    private Vector3D Bent(int x, int y, int z)
    {
        var n = (((z * Knots) + y) * Knots) + x;
        double Place(int k) => (k * Coarse * Step) - 1;
        return new(Place(x) + (strength * bend[0][n]), Place(y) + (strength * bend[1][n]), Place(z) + (strength * bend[2][n]));
    }

    private float[] CoarseField(double cell)
    {
        var knots = cell / (Coarse * Step);
        return SmoothField.Create(random, (Knots, Knots, Knots), (knots, knots, knots));
    }

    private (int First, int Last) Range(double center, double radius)
    {
        var step = Coarse * Step;
        return (Math.Max(0, (int)Math.Floor((center - radius + 1) / step)), Math.Min(Knots - 1, (int)Math.Ceiling((center + radius + 1) / step)));
    }
}
