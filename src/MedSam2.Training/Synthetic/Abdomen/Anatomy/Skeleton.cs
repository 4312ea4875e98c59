using System.Numerics;
using MedSam2.Training.Synthetic.Abdomen.Rendering;
using static MedSam2.Training.Synthetic.Abdomen.Rendering.Shapes;

namespace MedSam2.Training.Synthetic.Abdomen.Anatomy;

/// <summary>Vertebrae with discs and canal, and the ribs that run down and forward within the chest wall.</summary>
internal sealed class Skeleton(int seed)
{
    private const float CanalY = 64;

    private static readonly (byte Label, float Centre, float HalfHeight)[] Vertebrae =
    [
        (AbdominalLabels.VertebraL4, -101, 14),
        (AbdominalLabels.VertebraL3, -63, 14),
        (AbdominalLabels.VertebraL2, -26, 13.5f),
        (AbdominalLabels.VertebraL1, 10, 13),
        (AbdominalLabels.VertebraT12, 44, 12.5f),
        (AbdominalLabels.VertebraT11, 76, 12),
        (AbdominalLabels.VertebraT10, 106, 11.5f),
    ];

    /// <summary>Number, height at the spine, and the angle from the spine (radians) where bone turns into cartilage.</summary>
    private static readonly (int Number, float Height, float End)[] Ribs =
        [(12, 52, 1.1f), (11, 84, 1.6f), (10, 114, 2.0f), (9, 142, 2.2f), (8, 170, 2.35f), (7, 197, 2.5f), (6, 223, 2.6f)];

    private readonly SmoothNoise _noise = new(seed);

    public IEnumerable<Tissue> Tissues()
    {
        yield return new FieldTissue(new(new(-28, 15, -200), new(28, 62, 200)), 0, Disc, (in Place at, float _) => 92 + (6 * _noise.At(at.Point, 6)));
        foreach (var (label, centre, halfHeight) in Vertebrae)
        {
            yield return new FieldTissue(
                new(new(-52, 12, centre - 30), new(52, 112, centre + 26)),
                label,
                (in Place at) => Vertebra(at.Point, centre, halfHeight),
                (in Place at, float depth) =>
                {
                    // End plates are denser than the spongy bone between them, but thinner than a slice.
                    var endPlate = Step(3.5f, 1, halfHeight - MathF.Abs(at.Point.Z - centre)) * Step(3, -3, Column(at.Point, 0));
                    return Bone(at, depth + (6 * endPlate), Mix(165, 330, endPlate));
                });
        }

        // Thecal sac, epidural fat around it, and the cord above the first lumbar vertebra.
        yield return new FieldTissue(new(new(-14, 50, -200), new(14, 80, 200)), 0, (in Place at) => Canal(at.Point), (in Place _, float depth) => Mix(-70, 22, Step(0.5f, 2.2f, depth)));
        yield return new FieldTissue(
            new(new(-8, 54, -200), new(8, 74, 200)),
            AbdominalLabels.SpinalCord,
            (in Place at) => Cylinder(at.Point, 0, CanalY, 4.6f - (1.4f * Step(12, -30, at.Point.Z)), 3.8f - (1.2f * Step(12, -30, at.Point.Z))),
            (in Place _, float _) => 44);

        foreach (var side in (int[])[-1, 1])
        {
            foreach (var (number, height, end) in Ribs)
            {
                var label = (byte)((side < 0 ? AbdominalLabels.RibRight : AbdominalLabels.RibLeft) + number);
                var bounds = new Box(new(side < 0 ? -200 : 0, -200, height - 130), new(side < 0 ? 0 : 200, 200, height + 14));
                yield return new FieldTissue(bounds, label, (in Place at) => Rib(at, height, 0.30f, end), (in Place at, float depth) => Bone(at, depth, 240));
                if (number is >= 6 and <= 10)
                {
                    yield return new FieldTissue(
                        bounds,
                        AbdominalLabels.CostalCartilage,
                        (in Place at) => Rib(at, height, end + 0.02f, end + 0.7f),
                        (in Place at, float depth) => 95 + (230 * Step(0.35f, 0.7f, _noise.At(at.Point, 5)) * Step(2.5f, 0.5f, depth)));
                }
            }
        }
    }

    /// <summary>A dense shell around spongy bone.</summary>
    private float Bone(in Place at, float depth, float spongy)
    {
        var texture = (45 * _noise.At(at.Point, 3)) + (25 * _noise.At(at.Point, 8));
        return Mix(720, spongy + texture, Step(0.9f, 2.6f, depth));
    }

    private static float Waist(Vector3 p) => 22 - (0.05f * p.Z);

    private static float Column(Vector3 p, float bulge)
    {
        // Kidney-shaped cross-section: an ellipse with a dent where the canal is.
        var width = Waist(p) + bulge;
        return Difference(Cylinder(p, 0, 39, width, 17 + bulge), Cylinder(p, 0, 62, 10, 8), 5);
    }

    private static float Disc(in Place at) => Column(at.Point, 0.6f);

    private static float Canal(Vector3 p) => Cylinder(p, 0, CanalY, 10.5f, 8.2f);

    private static float Vertebra(Vector3 p, float centre, float halfHeight)
    {
        var z = p.Z - centre;
        var x = MathF.Abs(p.X);
        var mirrored = p with { X = x };

        // Narrower in the middle of its height than at the end plates.
        var body = Intersection(Column(p, (0.012f * z * z) - 1.2f), MathF.Abs(z) - halfHeight, 2);

        var pedicle = Capsule(mirrored, new(13, 50, centre + 4), new(15, 68, centre + 2), 5.2f, 5);
        var lamina = Capsule(mirrored, new(15, 70, centre - 2), new(3, 79, centre - 8), 4.6f, 4.2f);
        var facet = Capsule(mirrored, new(17, 72, centre + 12), new(16, 75, centre - 18), 5, 5.5f);
        var transverse = Capsule(mirrored, new(16, 68, centre), new(39, 73, centre + 1), 4.8f, 3.6f);
        var spinous = Capsule(mirrored, new(0, 80, centre - 8), new(0, 93, centre - 14), 3.6f, 4.4f);
        var arch = Union(Union(pedicle, lamina, 4), Union(facet, Union(transverse, spinous, 2), 3), 3);
        arch = Difference(arch, Canal(p), 1.5f);
        return Union(body, arch, 2);
    }

    private static float Rib(in Place at, float height, float start, float end)
    {
        var p = at.Point;
        var angle = MathF.Atan2(MathF.Abs(p.X), p.Y);
        if (angle < start - 0.3f || angle > end + 0.3f)
            return 30;
        const float lowestAngle = 2.3f;
        var fall = 54 * MathF.Min(angle, lowestAngle);
        var rise = 60 * MathF.Max(0, angle - lowestAngle);
        var across = at.Wall.Cavity + 5.2f;
        var along = (p.Z - (height - fall + rise)) * 0.86f;
        var section = (MathF.Sqrt((across * across / (3.6f * 3.6f)) + (along * along / (6.8f * 6.8f))) - 1) * 3.9f;
        var ends = MathF.Max(start - angle, angle - end) * 110;
        return Intersection(section, ends, 2);
    }
}
