using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>Signed distances in mm (negative inside, close to true near the surface) and ways to join them.</summary>
internal static class Shapes
{
    public static float Ellipsoid(Vector3 p, Vector3 centre, Vector3 radii)
    {
        var local = p - centre;
        var scaled = (local / radii).Length();
        var gradient = (local / (radii * radii)).Length();
        return gradient < 1e-6f ? -MathF.Min(radii.X, MathF.Min(radii.Y, radii.Z)) : scaled * (scaled - 1) / gradient;
    }

    /// <summary>An ellipse in x and y that goes on for ever in z.</summary>
    public static float Cylinder(Vector3 p, float x, float y, float radiusX, float radiusY) =>
        Ellipsoid(p with { Z = 0 }, new(x, y, 0), new(radiusX, radiusY, 1));

    /// <summary>A segment with rounded ends whose radius goes from one value to another.</summary>
    public static float Capsule(Vector3 p, Vector3 a, Vector3 b, float radiusA, float radiusB)
    {
        var (along, from) = (b - a, p - a);
        var t = Math.Clamp(Vector3.Dot(from, along) / MathF.Max(along.LengthSquared(), 1e-6f), 0, 1);
        return (from - (along * t)).Length() - (radiusA + ((radiusB - radiusA) * t));
    }

    public static float Union(float a, float b, float smoothness)
    {
        var h = MathF.Max(smoothness - MathF.Abs(a - b), 0) / smoothness;
        return MathF.Min(a, b) - (h * h * smoothness * 0.25f);
    }

    public static float Intersection(float a, float b, float smoothness) => -Union(-a, -b, smoothness);

    /// <summary>What of <paramref name="a"/> lies outside <paramref name="b"/>.</summary>
    public static float Difference(float a, float b, float smoothness) => -Union(-a, b, smoothness);

    /// <summary>0 up to <paramref name="from"/>, 1 beyond <paramref name="to"/>, smooth between; the edges may be given in either order.</summary>
    public static float Step(float from, float to, float value)
    {
        var t = Math.Clamp((value - from) / (to - from), 0, 1);
        return t * t * (3 - (2 * t));
    }

    public static float Mix(float a, float b, float t) => a + ((b - a) * t);
}
