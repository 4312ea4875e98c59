using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>A smooth displacement of space that takes the regularity out of shapes and makes left and right differ.</summary>
internal sealed class Distortion(int seed)
{
    /// <summary>Bound on the displacement along an axis in mm.</summary>
    public const float Largest = 9;

    private readonly SmoothNoise _x = new(seed);
    private readonly SmoothNoise _y = new(seed + 1);
    private readonly SmoothNoise _z = new(seed + 2);

    public Vector3 Apply(Vector3 p) => p + new Vector3(Displacement(_x, p), Displacement(_y, p), Displacement(_z, p));

    private static float Displacement(SmoothNoise noise, Vector3 p) => (6 * noise.At(p, 75)) + (2.2f * noise.At(p, 31));
}
