using System.Numerics;
using MedSam2.Training.Synthetic.Abdomen.Rendering;
using static MedSam2.Training.Synthetic.Abdomen.Rendering.Shapes;

namespace MedSam2.Training.Synthetic.Abdomen.Anatomy;

/// <summary>Aorta, vena cava, the portal and hepatic veins with their branches in the liver, and the vessels of the bowel.</summary>
internal sealed class Vessels(int seed, Viscera viscera)
{
    private const float Arterial = 168;
    private const float Portal = 182;
    private const float Caval = 158;

    private static readonly Vector4[] AortaNodes = [new(8, 9, 120, 11.5f), new(7, 11, 60, 11), new(6, 12, 10, 10), new(4, 13, -50, 9), new(3, 13, -88, 8.5f)];

    private readonly SmoothNoise _noise = new(seed);

    /// <summary>Vessels outside the liver, before it is painted.</summary>
    public IEnumerable<Tissue> Great()
    {
        foreach (var tissue in Course(AbdominalLabels.VenaCava, Caval, [new(-24, -4, 96, 13), new(-25, 4, 76, 12.5f), new(-23, 11, 44, 12), new(-21, 14, 5, 11.5f)], 8))
            yield return tissue;
        foreach (var tissue in Course(AbdominalLabels.VenaCava, 118, [new(-21, 14, -2, 11.5f), new(-19, 15, -50, 11), new(-17, 17, -96, 11), new(-26, 24, -130, 9)], 10))
            yield return tissue;
        foreach (var tissue in Course(AbdominalLabels.VenaCava, Caval, [new(-21, 14, 7, 11.5f), new(-21, 14, -10, 11.5f)], 8))
            yield return tissue;

        // Renal veins and arteries; the left vein passes in front of the aorta.
        foreach (var tissue in Course(0, Caval, [new(42, 24, -18, 4.2f), new(22, 8, -15, 4.6f), new(6, -2, -13, 4.2f), new(-14, 8, -12, 4.8f)], 6)
            .Concat(Course(0, Caval, [new(-44, 26, -32, 4.5f), new(-32, 18, -28, 4.8f), new(-21, 14, -24, 5)], 6))
            .Concat(Course(0, Arterial, [new(6, 12, -6, 3), new(24, 18, -12, 2.8f), new(42, 27, -20, 2.3f)], 6))
            .Concat(Course(0, Arterial, [new(6, 12, -8, 3), new(-18, 27, -18, 2.8f), new(-42, 29, -32, 2.3f)], 6)))
            yield return tissue;

        foreach (var tissue in Course(AbdominalLabels.Aorta, Arterial, AortaNodes, 10))
            yield return tissue;
        foreach (var side in (int[])[-1, 1])
        {
            foreach (var tissue in Course(0, Arterial, [new(3, 13, -86, 7), new(3 + (side * 10), 13, -100, 6.5f), new(3 + (side * 26), 18, -130, 6)], 8))
                yield return tissue;
        }

        foreach (var tissue in AorticPlaques())
            yield return tissue;

        // Coeliac trunk with a winding splenic artery, superior mesenteric artery and vein.
        foreach (var tissue in Course(0, Arterial, [new(6, 8, 26, 3.6f), new(6, -3, 27, 3.4f), new(14, -8, 30, 2.8f), new(26, 0, 30, 2.6f), new(38, -8, 38, 2.5f), new(52, 4, 36, 2.4f), new(66, 2, 44, 2.3f), new(84, 16, 46, 2)], 5)
            .Concat(Course(0, Arterial, [new(6, -3, 27, 2.8f), new(-8, -12, 25, 2.4f), new(-26, -16, 26, 2), new(-38, -18, 30, 1.6f)], 5))
            .Concat(Course(0, Arterial, [new(6, 6, 8, 3.8f), new(6, -4, 2, 3.6f), new(5, -9, -14, 3.5f), new(4, -12, -50, 3.2f), new(4, -18, -110, 2.2f)], 8))
            .Concat(Course(0, Portal, [new(-6, -14, -112, 4.2f), new(-8, -11, -60, 5), new(-9, -11, -22, 5.8f), new(-8, -10, 2, 6.2f)], 8)))
            yield return tissue;
        foreach (var tissue in Course(AbdominalLabels.PortalAndSplenicVein, Portal, [new(-8, -10, 2, 6.2f), new(-18, -10, 12, 6.8f), new(-32, -12, 23, 7)], 6)
            .Concat(Course(AbdominalLabels.PortalAndSplenicVein, Portal, [new(-8, -10, 2, 5), new(12, -5, 12, 4.4f), new(34, 6, 26, 4.2f), new(58, 17, 36, 3.8f), new(84, 22, 42, 3.2f)], 6)))
            yield return tissue;
        foreach (var tissue in Mesentery())
            yield return tissue;
    }

    /// <summary>Vessels within the liver, after it is painted.</summary>
    public IEnumerable<Tissue> Hepatic()
    {
        var random = new Random(seed);
        var cava = new Vector3(-24, -1, 84);
        Vector4[][] mainVeins =
        [
            [new(cava, 5), new(-58, 12, 74, 4.6f), new(-94, 26, 52, 2.6f)],
            [new(cava, 4.6f), new(-36, -26, 74, 4), new(-56, -58, 48, 2.2f)],
            [new(cava, 4.4f), new(-6, -28, 74, 3.6f), new(24, -54, 60, 1.8f)],
            [new(-32, -12, 23, 6.8f), new(-56, -8, 28, 5.4f), new(-78, -24, 34, 3.6f), new(-98, -46, 40, 2)],
            [new(-56, -8, 28, 5), new(-84, 14, 26, 3.8f), new(-112, 32, 20, 2.2f)],
            [new(-32, -12, 23, 5.4f), new(-20, -32, 36, 4.6f), new(-2, -46, 46, 3.4f), new(26, -60, 54, 2)],
        ];
        for (var n = 0; n < mainVeins.Length; n++)
        {
            var density = n < 3 ? Caval + 4 : Portal - 8;
            foreach (var tissue in Course(0, density, mainVeins[n], 7, InLiver))
                yield return tissue;
            var nodes = new Tube(mainVeins[n], 12).Nodes;
            for (var m = 1; m + 1 < nodes.Count; m++)
            {
                var direction = Vector3.Normalize(Tube.Position(nodes[m + 1] - nodes[m]));
                foreach (var tissue in Branch(random, Tube.Position(nodes[m]), direction, nodes[m].W * 0.62f, 3, density))
                    yield return tissue;
            }
        }
    }

    private IEnumerable<Tissue> Branch(Random random, Vector3 from, Vector3 direction, float radius, int depth, float density)
    {
        if (depth == 0 || radius < 0.7f)
            yield break;
        var turned = Vector3.Normalize(direction + (RandomDirection(random) * 0.95f));
        var to = from + (turned * (12 + (14 * random.NextSingle())));
        var middle = ((from + to) / 2) + (RandomDirection(random) * 2.5f);
        foreach (var tissue in Course(0, density, [new(from, radius), new(middle, radius * 0.9f), new(to, radius * 0.75f)], 9, InLiver))
            yield return tissue;
        foreach (var tissue in Branch(random, to, turned, radius * 0.75f, depth - 1, density).Concat(Branch(random, middle, turned, radius * 0.65f, depth - 1, density)))
            yield return tissue;
    }

    /// <summary>Small vessels that fan out from the root of the mesentery.</summary>
    private IEnumerable<Tissue> Mesentery()
    {
        var random = new Random(seed + 1);
        for (var n = 0; n < 130; n++)
        {
            var start = new Vector3(-6 + (12 * random.NextSingle()), -10, -10 - (100 * random.NextSingle()));
            var end = new Vector3(-75 + (170 * random.NextSingle()), -78 + (70 * random.NextSingle()), start.Z - 10 + (30 * (random.NextSingle() - 0.4f)));
            var middle = ((start + end) / 2) + (RandomDirection(random) * 12);
            foreach (var tissue in Course(0, 140, [new(start, 1.5f), new(((start + middle) / 2) + (RandomDirection(random) * 6), 1.3f), new(middle, 1.2f), new(((end + middle) / 2) + (RandomDirection(random) * 6), 1), new(end, 0.8f)], 9))
                yield return tissue;
        }

        for (var n = 0; n < 40; n++)
        {
            // Vessels of the omentum and around the stomach.
            var start = new Vector3(-40 + (140 * random.NextSingle()), -60 - (20 * random.NextSingle()), -40 + (70 * random.NextSingle()));
            var end = start + (RandomDirection(random) * new Vector3(30, 12, 18));
            foreach (var tissue in Course(0, 130, [new(start, 1.2f), new(((start + end) / 2) + (RandomDirection(random) * 5), 1.1f), new(end, 0.8f)], 10))
                yield return tissue;
        }
    }

    private IEnumerable<Tissue> AorticPlaques()
    {
        var random = new Random(seed + 2);
        var nodes = new Tube(AortaNodes, 10).Nodes;
        for (var n = 0; n < 7; n++)
        {
            var node = nodes[nodes.Count - 1 - random.Next(nodes.Count * 2 / 3)];
            var angle = random.NextSingle() * MathF.Tau;
            var at = Tube.Position(node) + (new Vector3(MathF.Cos(angle), MathF.Sin(angle), 0) * (node.W - 0.8f));
            var radii = new Vector3(1.6f, 1.6f, 3.5f);
            yield return new FieldTissue(Box.Around(at, radii), AbdominalLabels.Aorta, (in Place place) => Ellipsoid(place.Point, at, radii), (in Place _, float _) => 620);
        }
    }

    private float InLiver(in Place at) => viscera.Liver(in at) + 2;

    private IEnumerable<Tissue> Course(byte label, float density, Vector4[] nodes, float step, DistanceField? within = null)
    {
        var tube = new Tube(nodes, step);
        for (var n = 0; n + 1 < tube.Nodes.Count; n++)
        {
            var (a, b) = (tube.Nodes[n], tube.Nodes[n + 1]);
            var (from, to) = (Tube.Position(a), Tube.Position(b));
            var margin = new Vector3(MathF.Max(a.W, b.W) + 2);
            yield return new FieldTissue(
                new(Vector3.Min(from, to) - margin, Vector3.Max(from, to) + margin),
                label,
                (in Place at) =>
                {
                    var distance = Capsule(at.Point, from, to, a.W, b.W);
                    return within is null || distance > 2 ? distance : MathF.Max(distance, within(in at));
                },
                (in Place at, float _) => density + (4 * _noise.At(at.Point, 8)))
            {
                IsVessel = true,
            };
        }
    }

    private static Vector3 RandomDirection(Random random)
    {
        var z = (2 * random.NextSingle()) - 1;
        var angle = random.NextSingle() * MathF.Tau;
        var across = MathF.Sqrt(1 - (z * z));
        return new(across * MathF.Cos(angle), across * MathF.Sin(angle), z);
    }
}
