using MedSam2.Imaging.Geometry;

namespace MedSam2.Training.Synthetic.Randomised;

/// <summary>A solid by an implicit function, in a frame where the field of view reaches from -1 to 1 along x and y.</summary>
internal abstract class Shape
{
    /// <summary>Centre and radius of a ball that holds the shape.</summary>
    public abstract (Vector3D Center, double Radius) Bounds { get; }

    /// <summary>Below zero inside, zero on the surface; about the distance to it where small.</summary>
    public abstract double Distance(Vector3D p);
}

/// <summary>A superellipsoid, turned, its surface waved by a few harmonics: organs and lesions.</summary>
internal sealed class Blob : Shape
{
    private readonly Vector3D center;
    private readonly Vector3D[] axes;
    private readonly double[] radii;
    private readonly double exponent;
    private readonly (Vector3D Direction, double Frequency, double Phase, double Height)[] waves;

    public Blob(Random random, Vector3D center, double size, double waviness)
    {
        this.center = center;
        axes = RandomFrame(random);
        radii = [size, size * Uniform(random, 0.35, 1), size * Uniform(random, 0.35, 1)];
        exponent = random.NextDouble() < 0.7 ? 2 : Uniform(random, 1.6, 5);
        waves = new (Vector3D, double, double, double)[random.Next(1, 6)];
        for (var n = 0; n < waves.Length; n++)
            waves[n] = (RandomFrame(random)[0], Uniform(random, 1, 4.5), Uniform(random, 0, 2 * Math.PI), waviness * random.NextDouble());
    }

    public override (Vector3D Center, double Radius) Bounds => (center, radii[0] * 1.75 * (1 + waves.Sum(w => w.Height)));

    public override double Distance(Vector3D p)
    {
        var local = p - center;
        var (u, v, w) = (local.Dot(axes[0]) / radii[0], local.Dot(axes[1]) / radii[1], local.Dot(axes[2]) / radii[2]);
        var r = exponent == 2
            ? Math.Sqrt((u * u) + (v * v) + (w * w))
            : Math.Pow(Math.Pow(Math.Abs(u), exponent) + Math.Pow(Math.Abs(v), exponent) + Math.Pow(Math.Abs(w), exponent), 1 / exponent);
        var surface = 1.0;
        foreach (var (direction, frequency, phase, height) in waves)
            surface += height * Math.Sin((frequency * ((direction.X * u) + (direction.Y * v) + (direction.Z * w))) + phase);
        return (r - surface) * radii.Min();
    }

    internal static double Uniform(Random random, double low, double high) => low + ((high - low) * random.NextDouble());

    /// <summary>Three orthogonal directions, uniformly turned.</summary>
    internal static Vector3D[] RandomFrame(Random random)
    {
        var a = Direction(random);
        var b = Direction(random);
        b = (b - (a * a.Dot(b))).Normalized();
        return [a, b, a.Cross(b)];
    }

    private static Vector3D Direction(Random random)
    {
        Vector3D v;
        do
            v = new(SmoothField.Gaussian(random), SmoothField.Gaussian(random), SmoothField.Gaussian(random));
        while (v.Length < 1e-3);
        return v.Normalized();
    }
}

/// <summary>A tube along a bent line, of changing width: vessels, bowel, cord.</summary>
internal sealed class Tube : Shape
{
    private const int Parts = 10;
    private readonly Vector3D[] line = new Vector3D[Parts + 1];
    private readonly double[] radius = new double[Parts + 1];
    private readonly Vector3D middle;
    private readonly double reach;

    public Tube(Random random, Vector3D center, double length, double width)
    {
        var frame = Blob.RandomFrame(random);
        if (random.NextDouble() < 0.5)
            frame[0] = (frame[0] + new Vector3D(0, 0, 2.5)).Normalized(); // many vessels run across the slices
        var (bendA, bendB) = (Blob.Uniform(random, -0.5, 0.5) * length, Blob.Uniform(random, -0.5, 0.5) * length);
        var (turnA, turnB) = (Blob.Uniform(random, 0.5, 3), Blob.Uniform(random, 0.5, 3));
        var taper = Blob.Uniform(random, 0.5, 1.4);
        for (var n = 0; n <= Parts; n++)
        {
            var t = ((double)n / Parts) - 0.5;
            line[n] = center + (frame[0] * (t * length)) + (frame[1] * (bendA * Math.Sin(turnA * t * Math.PI))) + (frame[2] * (bendB * Math.Cos(turnB * t * Math.PI)));
            radius[n] = width * (1 + ((taper - 1) * (t + 0.5)));
        }

        middle = line.Aggregate(Vector3D.Zero, (sum, p) => sum + p) / line.Length;
        reach = line.Max(p => (p - middle).Length) + radius.Max();
    }

    public override (Vector3D Center, double Radius) Bounds => (middle, reach);

    public override double Distance(Vector3D p)
    {
        var nearest = double.MaxValue;
        for (var n = 0; n < Parts; n++)
        {
            var along = line[n + 1] - line[n];
            var t = Math.Clamp((p - line[n]).Dot(along) / Math.Max(along.Dot(along), 1e-12), 0, 1);
            var distance = (p - line[n] - (along * t)).Length - (radius[n] + ((radius[n + 1] - radius[n]) * t));
            nearest = Math.Min(nearest, distance);
        }

        return nearest;
    }
}

/// <summary>The wall of another shape: cortex, bladder wall, skull.</summary>
internal sealed class Shell(Shape solid, double thickness) : Shape
{
    public override (Vector3D Center, double Radius) Bounds => solid.Bounds;

    public override double Distance(Vector3D p)
    {
        var distance = solid.Distance(p);
        return Math.Max(distance, -distance - thickness);
    }
}
