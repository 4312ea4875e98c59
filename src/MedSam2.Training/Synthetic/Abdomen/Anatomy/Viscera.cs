using System.Numerics;
using MedSam2.Training.Synthetic.Abdomen.Rendering;
using static MedSam2.Training.Synthetic.Abdomen.Rendering.Shapes;

namespace MedSam2.Training.Synthetic.Abdomen.Anatomy;

/// <summary>The solid organs: liver and gallbladder, spleen, kidneys, pancreas, adrenal glands, and the heart's lower wall.</summary>
internal sealed class Viscera(int seed)
{
    public static readonly Vector3 HeartCentre = new(28, -42, 124);
    public static readonly Vector3 HeartRadii = new(56, 52, 40);

    private static readonly Vector3 KidneyRadii = new(27, 24, 54);
    private static readonly Vector3 KidneyRightCentre = new(-60, 35, -34);
    private static readonly Vector3 KidneyLeftCentre = new(58, 35, -20);

    private static readonly Tube PancreasTube = new(
        [new(80, 14, 42, 8), new(62, 9, 36, 9.5f), new(42, -2, 28, 9.5f), new(22, -13, 19, 9.5f), new(5, -20, 11, 7.5f), new(-12, -16, 2, 10.5f), new(-26, -9, -14, 13), new(-23, -4, -32, 9)], 9);

    private readonly SmoothNoise _noise = new(seed);

    public IEnumerable<Tissue> Retroperitoneum()
    {
        yield return new FieldTissue(Box.Around(HeartCentre, HeartRadii), AbdominalLabels.Heart, (in Place at) => Ellipsoid(at.Point, HeartCentre, HeartRadii), Heart);
        foreach (var side in (int[])[-1, 1])
        {
            var psoas = side < 0 ? AbdominalLabels.IliopsoasRight : AbdominalLabels.IliopsoasLeft;
            yield return new FieldTissue(new(new(-75, 10, -200), new(75, 75, 30)), psoas, (in Place at) => Psoas(at.Point, side), Muscle);
            yield return new FieldTissue(new(new(-95, 30, -200), new(95, 90, 30)), 0, (in Place at) => Quadratus(at.Point, side), Muscle);
            yield return new FieldTissue(new(new(-40, -5, -60), new(40, 60, 90)), 0, (in Place at) => Crus(at.Point, side), Muscle);
            foreach (var tissue in Adrenal(side))
                yield return tissue;
        }

        yield return Kidney(AbdominalLabels.KidneyRight, KidneyRightCentre, -1);
        yield return Kidney(AbdominalLabels.KidneyLeft, KidneyLeftCentre, 1);
        yield return new FieldTissue(
            PancreasTube.Bounds,
            AbdominalLabels.Pancreas,
            (in Place at) => PancreasTube.Distance(at.Point) + 0.4f + (2.6f * _noise.At(at.Point, 7.5f)),
            (in Place at, float _) => 98 - (70 * Step(0.42f, 0.75f, _noise.At(at.Point, 5))) + (5 * _noise.At(at.Point, 9)));
    }

    public IEnumerable<Tissue> Peritoneum()
    {
        yield return new FieldTissue(Box.Around(new(108, 34, 44), new(52, 58, 60)), AbdominalLabels.Spleen, Spleen, (in Place at, float _) => 124 + (3 * _noise.At(at.Point, 20)));
        yield return new FieldTissue(new(new(-160, -120, -110), new(90, 100, 120)), AbdominalLabels.Liver, Liver, (in Place at, float _) => 110 + (3 * _noise.At(at.Point, 22)));
        yield return new FieldTissue(
            Box.Around(new(-52, -46, -8), new(32, 32, 36)),
            AbdominalLabels.Gallbladder,
            (in Place at) => Gallbladder(at.Point),
            (in Place _, float depth) => Mix(62, 9, Step(0.8f, 2.4f, depth)));
    }

    /// <summary>Signed distance to the liver's surface; its vessels are clipped to it.</summary>
    public float Liver(in Place at)
    {
        var p = at.Point;
        var right = Ellipsoid(p, new(-74, 0, 36), new(74, 92, 74));
        var inferior = Ellipsoid(p, new(-102, 4, -26), new(33, 54, 46));
        var left = Ellipsoid(p, new(2, -54, 52), new(80, 31, 40));
        var caudate = Ellipsoid(p, new(-14, 0, 40), new(21, 17, 26));
        var body = Union(Union(right, inferior, 30), Union(left, caudate, 14), 22);
        body = Shapes.Intersection(body, 1.2f - at.Wall.Abdomen, 6) + (1.1f * _noise.At(p, 17));

        var kidney = Ellipsoid(p, KidneyRightCentre, KidneyRadii + new Vector3(7));
        body = Difference(body, kidney, 8);
        body = Difference(body, Ellipsoid(p, new(62, 20, 40), new(58, 62, 70)), 14);

        // Spine, great vessels and duodenum keep the liver to the right of them; the porta and two fissures hold fat.
        body = Difference(body, Cylinder(p, 6, 44, 46, 44), 12);
        var porta = Capsule(p, new(-46, -16, 18), new(0, -14, 22), 6, 10) + (2.5f * _noise.At(p, 12));
        body = Difference(body, porta, 8);
        var ligament = MathF.Max(MathF.Abs(p.X + 4 + (0.12f * p.Y) + (5 * _noise.At(p, 26))) - 1.4f - (1.2f * _noise.At(p, 11)), MathF.Max(p.Y + 38, MathF.Abs(p.Z - 22) - 26));
        body = Difference(body, ligament, 5);
        var venosum = MathF.Max(MathF.Abs(p.Y + 22 + (0.2f * p.X)) - 1.6f, MathF.Max(MathF.Abs(p.X + 6) - 20, MathF.Abs(p.Z - 48) - 20));
        body = Difference(body, venosum, 5);
        return Difference(body, Gallbladder(p) - 1, 3);
    }

    private float Spleen(in Place at)
    {
        var p = at.Point;
        var body = Ellipsoid(p, new(108, 34, 44), new(50, 56, 58));
        body = Shapes.Intersection(body, 2 - at.Wall.Abdomen, 8);
        body = Difference(body, Ellipsoid(p, new(52, -6, 40), new(47, 52, 74)), 10);
        body = Difference(body, Ellipsoid(p, KidneyLeftCentre + new Vector3(4, 0, 6), KidneyRadii + new Vector3(8)), 6);
        return body + (1.5f * _noise.At(p, 24));
    }

    private static float Gallbladder(Vector3 p)
    {
        var fundus = Ellipsoid(p, new(-56, -54, -16), new(15, 17, 19));
        return Union(fundus, Capsule(p, new(-52, -46, -8), new(-42, -28, 10), 10, 4), 8);
    }

    private FieldTissue Kidney(byte label, Vector3 centre, float side)
    {
        // In the kidney's own frame u points out of its hilum (medially and forward), v across, w along its length.
        Vector3 Local(Vector3 p)
        {
            var d = p - centre;
            d.X += side * 0.2f * d.Z;
            d.Y += 0.12f * d.Z;
            const float turn = 0.7f;
            var (inward, forward) = (-side * d.X, -d.Y);
            return new((inward * MathF.Cos(turn)) + (forward * MathF.Sin(turn)), (forward * MathF.Cos(turn)) - (inward * MathF.Sin(turn)), d.Z);
        }

        float Sinus(Vector3 q) => Union(Ellipsoid(q, new(8, 0, 0), new(14, 8.5f, 29)), Ellipsoid(q, new(24, 0, 0), new(13, 8, 15)), 6);

        return new FieldTissue(
            Box.Around(centre, new(50, 46, 66)),
            label,
            (in Place at) =>
            {
                var q = Local(at.Point);
                var body = Ellipsoid(q, Vector3.Zero, new(25, 28, 54)) + (0.8f * _noise.At(at.Point, 15));
                return Difference(body, Sinus(q) + (1.5f * _noise.At(at.Point, 6)), 2.5f);
            },
            (in Place at, float depth) =>
            {
                var q = Local(at.Point);
                var outer = -Ellipsoid(q, Vector3.Zero, new(25, 28, 54));
                var angle = MathF.Atan2(q.Y, q.X - 6);
                var pyramid = MathF.Cos((angle * 6) + (1.4f * MathF.Sin(q.Z / 9))) + (0.5f * MathF.Cos(q.Z / 4.5f));
                var medulla = Step(5.5f, 8.5f, outer) * Step(-0.45f, 0.25f, pyramid) * Step(0.4f, 2.2f, depth);
                return Mix(196, 146, medulla) + (5 * _noise.At(at.Point, 6));
            });
    }

    /// <summary>Renal pelvis and sinus fat are painted into the gap that the hilum leaves.</summary>
    public static IEnumerable<Tissue> RenalPelves()
    {
        foreach (var (centre, side) in ((Vector3, float)[])[(KidneyRightCentre, -1), (KidneyLeftCentre, 1)])
        {
            var pelvis = new Tube(
                [ToNode(centre, side, 8, 14, 5), ToNode(centre, side, 12, 2, 6.5f), ToNode(centre, side, 22, -8, 5.5f), ToNode(centre, side, 27, -26, 3), ToNode(centre, side, 26, -70, 2)], 8);
            yield return new FieldTissue(pelvis.Bounds, 0, (in Place at) => pelvis.Distance(at.Point), (in Place _, float depth) => Mix(40, 9, Step(0, 1.6f, depth)));
        }
    }

    private static Vector4 ToNode(Vector3 centre, float side, float inward, float up, float radius) =>
        new(centre.X - (side * inward), centre.Y - (0.5f * inward), centre.Z + up, radius);

    private float Psoas(Vector3 p, float side)
    {
        var down = Math.Clamp((20 - p.Z) / 130, 0, 1.2f);
        var centre = side * (25 + (15 * down));
        var across = 5 + (12 * MathF.Sqrt(down));
        var tilted = p with { X = p.X + (side * 0.3f * (p.Y - 44)) };
        return Cylinder(tilted, centre, 43 - (3 * down), across, 6 + (16 * MathF.Sqrt(down))) + (1.6f * _noise.At(p, 15)) + Math.Clamp(p.Z - 15, 0, 60);
    }

    private static float Quadratus(Vector3 p, float side) =>
        Cylinder(p, side * (60 + (0.06f * -p.Z)), 61, 19, 8) + Math.Clamp(p.Z - 5, 0, 60);

    private static float Crus(Vector3 p, float side)
    {
        // A band along the front corner of the spine that thins out downwards.
        var thickness = 3.2f - (1.6f * Step(10, -45, p.Z));
        var band = MathF.Abs(Cylinder(p, 0, 40, 25, 26) + 0.5f) - thickness;
        var region = MathF.Max(p.Y - 42, 3 - (side * p.X));
        return MathF.Max(MathF.Max(band, region), -50 - p.Z);
    }

    private static IEnumerable<Tissue> Adrenal(float side)
    {
        var label = side < 0 ? AbdominalLabels.AdrenalRight : AbdominalLabels.AdrenalLeft;
        var tip = side < 0 ? new Vector3(-27, 24, 28) : new Vector3(37, 14, 24);
        (Vector3 From, Vector3 To)[] limbs =
            [(tip, tip + new Vector3(side * 3, 9, -2)), (tip + new Vector3(side * 3, 8, -2), tip + new Vector3(side * -1, 23, -6)), (tip + new Vector3(side * 3, 8, -2), tip + new Vector3(side * 13, 20, -8))];
        foreach (var (from, to) in limbs)
        {
            yield return new FieldTissue(
                new(Vector3.Min(from, to) - new Vector3(6, 6, 16), Vector3.Max(from, to) + new Vector3(6, 6, 16)),
                label,
                (in Place at) => Capsule(at.Point * new Vector3(1, 1, 0.3f), from * new Vector3(1, 1, 0.3f), to * new Vector3(1, 1, 0.3f), 2.2f, 1.7f),
                (in Place _, float _) => 88);
        }
    }

    private float Muscle(in Place at, float depth) =>
        62 - (55 * Step(0.45f, 0.8f, _noise.At(at.Point * new Vector3(1, 1, 0.25f), 7))) + (3 * _noise.At(at.Point, 12));

    private float Heart(in Place at, float _)
    {
        var depth = -Ellipsoid(at.Point, HeartCentre, HeartRadii);
        var chambers = Step(11, 16, depth) * Step(-0.2f, 0.1f, _noise.At(at.Point, 45));
        var fat = Step(4, 1.5f, depth + (1.5f * _noise.At(at.Point, 10)));
        return Mix(Mix(112, 155, chambers), -95, fat);
    }
}
