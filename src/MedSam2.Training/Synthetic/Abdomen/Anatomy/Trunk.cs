using System.Numerics;
using MedSam2.Training.Synthetic.Abdomen.Rendering;
using static MedSam2.Training.Synthetic.Abdomen.Rendering.Shapes;

namespace MedSam2.Training.Synthetic.Abdomen.Anatomy;

/// <summary>
/// The outline of the trunk and the layers of its wall. The anatomy's frame is in mm: x to the left, y to the back, z to the
/// head, with the origin in the middle of the body at the level of the first lumbar vertebra.
/// </summary>
internal sealed class Trunk(int seed)
{
    private readonly SmoothNoise _noise = new(seed);

    public WallPlace Locate(Vector3 p)
    {
        var low = Step(20, -90, p.Z);
        var (halfWidth, front, back) = (156 - (7 * Step(30, -50, p.Z)) + (10 * Step(-50, -110, p.Z)), 108 + (4 * low), 110f);
        var (u, v) = (MathF.Abs(p.X) / halfWidth, MathF.Abs(p.Y) / (p.Y < 0 ? front : back));
        var roundness = p.Y < 0 ? 2.25f : 2.25f + (0.75f * Step(0, 70, p.Y));
        var g = MathF.Max(1e-3f, MathF.Pow(MathF.Pow(u, roundness) + MathF.Pow(v, roundness), 1 / roundness));
        var radius = MathF.Sqrt((p.X * p.X) + (p.Y * p.Y));
        var behind = Step(0.1f, 0.8f, p.Y / (back * g));
        var ahead = Step(0.1f, 0.8f, -p.Y / (front * g));
        var furrow = behind * 5 * MathF.Exp(-p.X * p.X / 220);
        var skin = (radius * ((1 / g) - 1) * 0.96f) - furrow;

        var side = u / g;
        var fat = 11 + (7 * low) + (6 * low * behind * side * 1.4f) + (5 * low * ahead) + (3 * (1 - low) * side) - (3 * behind * MathF.Exp(-p.X * p.X / 1500)) + (2.2f * _noise.At(p, 55));
        var muscle = skin - fat;
        var cavity = muscle - WallThickness(p, low, ahead, behind);
        var diaphragm = Diaphragm(p, cavity, ahead, behind);
        var belowDiaphragm = (diaphragm - p.Z - 4) * 0.45f;

        // Depths are positive inside, so the smaller of two is their intersection.
        return new WallPlace(skin, muscle, cavity, Union(cavity, belowDiaphragm, 8));
    }

    private static float WallThickness(Vector3 p, float low, float ahead, float behind)
    {
        var x = MathF.Abs(p.X);

        // In front: the rectus with the white line between its bellies and the thin half-moon line beside it.
        var rectus = 2.5f + (8.5f * Step(2, 14, x) * Step(66, 50, x));
        var lateral = Mix(11, 15, low);
        var inFront = Mix(lateral, rectus, Step(92, 70, x) * low);
        var erector = 30 * MathF.Exp(-MathF.Pow(x / 54, 4));
        return Mix(Mix(lateral, inFront, ahead), lateral + erector, behind);
    }

    /// <summary>Height of the diaphragm above a place: two domes that fall steeply to the wall, lowest behind.</summary>
    private float Diaphragm(Vector3 p, float cavity, float ahead, float behind)
    {
        var rim = 30 + (32 * ahead) - (38 * behind);
        var dome = 103 - (15 * Step(-35, 45, p.X)) - (9 * MathF.Exp(-p.X * p.X / 900));
        var rise = 1 - MathF.Exp(-MathF.Max(cavity, 0) / 19);
        return rim + ((dome - rim) * rise) + (3 * _noise.At(p with { Z = 0 }, 40));
    }

    public IEnumerable<Tissue> Tissues()
    {
        var everywhere = Box.Everywhere;

        // Each layer ends a little below the next, which is painted over it.
        yield return new FieldTissue(everywhere, 0, (in Place at) => MathF.Max(-at.Wall.Skin, at.Wall.Muscle - 2), SkinAndFat);
        yield return new FieldTissue(everywhere, 0, (in Place at) => MathF.Max(-at.Wall.Muscle, at.Wall.Cavity - 2), WallMuscle);
        yield return Erector(AbdominalLabels.ErectorRight, -1);
        yield return Erector(AbdominalLabels.ErectorLeft, 1);
        yield return new FieldTissue(everywhere, 0, (in Place at) => -at.Wall.Cavity, VisceralFat);

        yield return new FieldTissue(
            new(new(-200, -200, -60), new(200, 200, 200)),
            0,
            (in Place at) => MathF.Max(-at.Wall.Cavity, MathF.Abs(at.Wall.Abdomen + 0.6f) - 1.5f),
            (in Place _, float _) => 55);
        yield return Lung(AbdominalLabels.LungRight, -1);
        yield return Lung(AbdominalLabels.LungLeft, 1);
    }

    private FieldTissue Lung(byte label, float side) => new(
        new(new(-200, -200, -60), new(200, 200, 200)),
        label,
        (in Place at) => MathF.Max(MathF.Max(1 - at.Wall.Cavity, at.Wall.Abdomen + 1.5f), MathF.Max(-Mediastinum(at.Point), -side * (at.Point.X + 2))),
        (in Place at, float _) =>
        {
            var vessels = _noise.At(at.Point, 7) * _noise.At(at.Point + new Vector3(50), 5);
            return -865 + (420 * Step(0.34f, 0.6f, vessels)) + (25 * _noise.At(at.Point, 18));
        });

    /// <summary>What lies between the lungs: the heart, the great vessels before the spine, and a fold of fat in front.</summary>
    private float Mediastinum(Vector3 p)
    {
        var heart = Ellipsoid(p, Viscera.HeartCentre, Viscera.HeartRadii + new Vector3(3));
        var vessels = Cylinder(p, -3, 14, 27, 26);
        var fold = MathF.Max(MathF.Abs(p.X + 2) - 2.2f - (9 * Step(-72, -92, p.Y)), p.Y);
        return Union(Union(heart, vessels, 14), fold, 8) + (1.5f * _noise.At(p, 16));
    }

    private float SkinAndFat(in Place at, float depth)
    {
        // Thin bands of connective tissue run through the fat.
        var band = MathF.Abs(_noise.At(at.Point * new Vector3(1, 1, 0.7f), 16));
        var fat = -108 + (5 * _noise.At(at.Point, 12)) + (26 * Step(0.055f, 0, band));
        return Mix(28, fat, Step(1.2f, 2.6f, depth));
    }

    private float WallMuscle(in Place at, float depth)
    {
        var (x, behind) = (MathF.Abs(at.Point.X), at.Point.Y > 20);
        var layers = 0f;
        if (!behind && x > 75 || x > 100)
        {
            // Three flat muscles with a little fat between them.
            layers = Step(0.9f, 0.2f, MathF.Abs(depth - 5.2f)) + Step(0.9f, 0.2f, MathF.Abs(depth - 10));
            layers *= Step(40, -10, at.Point.Z);
        }

        var streak = Step(0.35f, 0.75f, _noise.At(at.Point * new Vector3(1, 1, 0.25f), 7));
        return 60 - (75 * layers) - (50 * streak) + (4 * _noise.At(at.Point, 9));
    }

    /// <summary>The long muscles of the back, in a thin coat of fat and marbled with it.</summary>
    private FieldTissue Erector(byte label, float side) => new(
        new(new(-90, 40, -200), new(90, 140, 200)),
        label,
        (in Place at) =>
        {
            var p = at.Point;
            var body = Cylinder(p, side * 31, 80, 26, 17);
            return Shapes.Intersection(body, 1.5f - at.Wall.Muscle, 4);
        },
        (in Place at, float depth) =>
        {
            var marbling = Step(0.3f, 0.7f, _noise.At(at.Point * new Vector3(1, 1, 0.3f), 8) + (0.25f * Step(-40, -100, at.Point.Z)));
            return Mix(-60, 62 - (95 * marbling) + (4 * _noise.At(at.Point, 10)), Step(0, 1.5f, depth));
        });

    private float VisceralFat(in Place at, float depth) => -106 + (9 * _noise.At(at.Point, 9));
}
