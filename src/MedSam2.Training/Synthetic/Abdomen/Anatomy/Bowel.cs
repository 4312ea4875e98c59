using System.Numerics;
using MedSam2.Training.Synthetic.Abdomen.Rendering;
using static MedSam2.Training.Synthetic.Abdomen.Rendering.Shapes;

namespace MedSam2.Training.Synthetic.Abdomen.Anatomy;

/// <summary>Oesophagus, stomach, duodenum, small bowel and colon, with what is in them: fluid, food, stool, and gas on top.</summary>
internal sealed class Bowel
{
    private const float Gas = -960;

    private static readonly Tube StomachTube = new(
        [new(56, 16, 76, 24), new(62, 4, 62, 30), new(68, -16, 42, 30), new(64, -36, 20, 27), new(46, -50, 2, 22), new(20, -58, -10, 17), new(-4, -54, -8, 12.5f), new(-24, -44, -2, 9.5f)], 12);

    private static readonly Tube DuodenumTube = new(
        [new(-28, -42, -2, 9), new(-44, -30, -8, 11.5f), new(-50, -10, -28, 12), new(-44, -2, -52, 12), new(-20, -2, -64, 11), new(12, -4, -62, 10), new(30, -14, -48, 10)], 10);

    private static readonly Tube OesophagusTube = new([new(12, 6, 110, 7.5f), new(14, 2, 90, 7.5f), new(26, 2, 78, 8), new(44, 8, 72, 9)], 8);

    private static readonly Tube Ascending = new(
        [new(-98, 20, -140, 23), new(-102, 18, -112, 23), new(-103, 10, -93, 21), new(-97, -10, -82, 19), new(-84, -36, -73, 18)], 10, 0.1f);

    private static readonly Tube Transverse = new(
        [new(-84, -36, -73, 18), new(-60, -58, -70, 18), new(-28, -70, -68, 17), new(6, -73, -62, 17), new(42, -70, -50, 16), new(76, -58, -30, 17), new(100, -36, -8, 17), new(112, -10, 10, 16)], 10, 0.14f);

    private static readonly Tube Descending = new(
        [new(112, -10, 10, 16), new(118, 10, 4, 15), new(119, 26, -20, 13.5f), new(117, 32, -60, 12), new(112, 30, -130, 12)], 10, 0.1f);

    private readonly SmoothNoise _noise;
    private readonly LoopPacking _loops;

    public Bowel(int seed)
    {
        _noise = new SmoothNoise(seed);
        _loops = new LoopPacking(seed + 1, 27);
    }

    public IEnumerable<Tissue> Tissues()
    {
        yield return new FieldTissue(OesophagusTube.Bounds, AbdominalLabels.Oesophagus, (in Place at) => OesophagusTube.Distance(at.Point), (in Place _, float depth) => Mix(72, -250, Step(5, 7, depth)));
        yield return new FieldTissue(new(new(-100, -110, -200), new(125, 40, 15)), AbdominalLabels.SmallBowel, SmallBowel, SmallBowelContent);
        yield return new FieldTissue(DuodenumTube.Bounds, AbdominalLabels.Duodenum, (in Place at) => DuodenumTube.Distance(at.Point) + (0.8f * _noise.At(at.Point, 8)), DuodenumContent);
        yield return new FieldTissue(StomachTube.Bounds, AbdominalLabels.Stomach, Stomach, StomachContent);
        yield return Colon(Ascending, 0.55f, 5);
        yield return Colon(Descending, 0.75f, -30);
        yield return Colon(Transverse, 0.15f, 66);
    }

    private float Stomach(in Place at) => Shapes.Intersection(StomachTube.Distance(at.Point), 2 - at.Wall.Abdomen, 6) + (1.2f * _noise.At(at.Point, 16));

    private float StomachContent(in Place at, float depth)
    {
        const float gasLevel = 50;
        var wall = 3.4f + (1.8f * MathF.Max(0, _noise.At(at.Point, 9)));
        var food = 28 + (16 * _noise.At(at.Point, 8)) + (14 * _noise.At(at.Point, 4)) - (90 * Step(0.62f, 0.9f, _noise.At(at.Point, 6)));
        var content = Mix(food, Gas, Step(gasLevel - 0.5f, gasLevel + 0.5f, at.Height));
        return Mix(Mix(104, 70, Step(0.5f, 2.5f, depth)), content, Step(wall - 0.6f, wall + 0.6f, depth));
    }

    private float DuodenumContent(in Place at, float depth)
    {
        var content = Mix(24, Gas, Step(25.5f, 26.5f, at.Height) * Step(-20, -12, at.Point.Z));
        return Mix(96 + (14 * _noise.At(at.Point, 4)), content, Step(2.8f, 4.2f, depth + (1.2f * _noise.At(at.Point, 5))));
    }

    private FieldTissue Colon(Tube tube, float stool, float gasLevel) => new(
        tube.Bounds,
        AbdominalLabels.Colon,
        (in Place at) => Shapes.Intersection(tube.Distance(at.Point) + (1.2f * _noise.At(at.Point, 12)), 1 - at.Wall.Abdomen, 4),
        (in Place at, float depth) =>
        {
            // Stool is mottled: soft matter riddled with small bubbles.
            var bubbles = _noise.At(at.Point, 3.2f) + (0.7f * _noise.At(at.Point, 6));
            var matter = 12 + (28 * _noise.At(at.Point, 9)) - (520 * Step(0.5f, 1.0f, bubbles + (0.25f * stool)));
            var gas = Step(gasLevel - 0.5f, gasLevel + 0.5f, at.Height - (2.5f * stool * _noise.At(at.Point, 8)));
            var content = Mix(matter, Gas, gas);
            return Mix(82, content, Step(1.5f, 2.7f, depth));
        });

    private float SmallBowel(in Place at)
    {
        var p = at.Point;
        var region = Ellipsoid(p, new(14, -34, -86), new(108, 54, 84));
        region = MathF.Max(region, 6 - at.Wall.Abdomen);
        if (region > 1)
            return region;
        var loop = _loops.Distance(Bend(p), out _);
        if (loop > 1)
            return loop;

        // Only what is left needs to be kept clear of its neighbours.
        region = Difference(region, Transverse.Distance(p) - 3, 2);
        region = Difference(region, Capsule(p, new(0, -6, -20), new(4, -14, -110), 20, 9), 8);
        region = Difference(region, DuodenumTube.Distance(p) - 3, 2);
        region = Difference(region, StomachTube.Distance(p) - 3, 2);
        return Shapes.Intersection(region, loop, 5);
    }

    private float SmallBowelContent(in Place at, float depth)
    {
        _loops.Distance(Bend(at.Point), out var loop);
        var folds = _noise.At(at.Point, 3.4f);
        var wall = 2.2f + (1.6f * MathF.Max(0, folds));
        var content = loop switch
        {
            < 0.3f => 84 + (22 * folds),
            < 0.9f => 22 + (10 * folds),
            _ => Mix(20, Gas, Step(-0.5f, 0.5f, at.Height - (-at.Point.Y + 1))),
        };
        if (loop >= 0.9f)
            content = Mix(content, Gas, Step(5, 6.5f, depth + (2 * _noise.At(at.Point, 9))));
        return Mix(100 + (12 * folds), content, Step(wall - 0.7f, wall + 0.7f, depth));
    }

    /// <summary>Loops curl: the packing is looked up at a place that is pushed about.</summary>
    private Vector3 Bend(Vector3 p) => p + (new Vector3(_noise.At(p, 30), _noise.At(p + new Vector3(71), 30), _noise.At(p + new Vector3(133), 30)) * 9);
}
