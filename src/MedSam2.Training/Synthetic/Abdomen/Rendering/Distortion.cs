using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>A smooth displacement of space that takes the regularity out of shapes and makes left and right differ.</summary>
/// <param name="seed">Chooses the displacement.</param>
/// <param name="strength">1 as people differ; more bends organs out of shape.</param>
internal sealed class Distortion(int seed, float strength = 1)
{
    /// <summary>Bound on the displacement along an axis in mm.</summary>
    public float Largest => 9 * strength;

    /// <summary>Bound on how much a distance is stretched.</summary>
    public float Lipschitz => 1 + (0.7f * strength);

    private readonly SmoothNoise _x = new(seed);
    private readonly SmoothNoise _y = new(seed + 1);
    private readonly SmoothNoise _z = new(seed + 2);

    public Vector3 Apply(Vector3 p) => p + new Vector3(Displacement(_x, p), Displacement(_y, p), Displacement(_z, p));

    private float Displacement(SmoothNoise noise, Vector3 p) => strength * ((6 * noise.At(p, 75)) + (2.2f * noise.At(p, 31)));
}
