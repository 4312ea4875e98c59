using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>A smooth random field over space with values of about -1 to 1, periodic every 32 wavelengths.</summary>
internal sealed class SmoothNoise
{
    private const int Size = 32;
    private const int Wrap = Size - 1;

    private readonly float[] _lattice = new float[Size * Size * Size];

    public SmoothNoise(int seed)
    {
        var random = new Random(seed);
        for (var n = 0; n < _lattice.Length; n++)
            _lattice[n] = (2 * random.NextSingle()) - 1;
    }

    /// <summary>The field at a place in mm, where neighbouring bumps are about one <paramref name="wavelength"/> apart.</summary>
    public float At(Vector3 place, float wavelength)
    {
        // Turned, so that the lattice does not show as squares in slices.
        var turned = new Vector3(
            (0.36f * place.X) + (0.48f * place.Y) - (0.8f * place.Z),
            (-0.8f * place.X) + (0.6f * place.Y),
            (0.48f * place.X) + (0.64f * place.Y) + (0.6f * place.Z));
        var p = turned / wavelength;
        var (floorX, floorY, floorZ) = (MathF.Floor(p.X), MathF.Floor(p.Y), MathF.Floor(p.Z));
        var (u, v, w) = (Fade(p.X - floorX), Fade(p.Y - floorY), Fade(p.Z - floorZ));
        var (x, y, z) = ((int)floorX & Wrap, (int)floorY & Wrap, (int)floorZ & Wrap);
        var x1 = (x + 1) & Wrap;
        var (y0, y1) = (y * Size, ((y + 1) & Wrap) * Size);
        var (z0, z1) = (z * Size * Size, ((z + 1) & Wrap) * Size * Size);

        var lattice = _lattice;
        var (row00, row01, row10, row11) = (z0 + y0, z0 + y1, z1 + y0, z1 + y1);
        var start = new Vector4(lattice[row00 + x], lattice[row01 + x], lattice[row10 + x], lattice[row11 + x]);
        var end = new Vector4(lattice[row00 + x1], lattice[row01 + x1], lattice[row10 + x1], lattice[row11 + x1]);
        var rows = start + ((end - start) * u);
        var near = rows.X + (v * (rows.Y - rows.X));
        var far = rows.Z + (v * (rows.W - rows.Z));
        return near + (w * (far - near));
    }

    private static float Fade(float t) => t * t * (3 - (2 * t));
}
