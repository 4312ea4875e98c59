using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>A bent tube of changing width: a smooth curve through nodes of (x, y, z, radius).</summary>
internal sealed class Tube
{
    private readonly Vector4[] _nodes;
    private readonly float _smoothness;

    /// <param name="nodes">Centre and radius along the course.</param>
    /// <param name="step">Length of the straight pieces in mm.</param>
    /// <param name="haustra">How far the radius swells and shrinks along the course, as a fraction.</param>
    public Tube(ReadOnlySpan<Vector4> nodes, float step, float haustra = 0)
    {
        var fine = new List<Vector4>();
        var travelled = 0f;
        for (var n = 0; n + 1 < nodes.Length; n++)
        {
            var (a, b, c, d) = (nodes[Math.Max(n - 1, 0)], nodes[n], nodes[n + 1], nodes[Math.Min(n + 2, nodes.Length - 1)]);
            var pieces = Math.Max(1, (int)MathF.Round(Position(c - b).Length() / step));
            for (var piece = 0; piece < pieces; piece++)
                fine.Add(CatmullRom(a, b, c, d, piece / (float)pieces));
        }

        fine.Add(nodes[^1]);
        for (var n = 0; n < fine.Count; n++)
        {
            const float haustraLength = 27;
            if (n > 0)
                travelled += Position(fine[n] - fine[n - 1]).Length();
            fine[n] = fine[n] with { W = fine[n].W * (1 + (haustra * MathF.Sin(travelled * MathF.Tau / haustraLength))) };
        }

        _nodes = [.. fine];
        _smoothness = 0.25f * fine.Max(node => node.W);
        var (low, high) = (new Vector3(float.MaxValue), new Vector3(float.MinValue));
        foreach (var node in _nodes)
        {
            low = Vector3.Min(low, Position(node) - new Vector3(node.W + 2));
            high = Vector3.Max(high, Position(node) + new Vector3(node.W + 2));
        }

        Bounds = new Box(low, high);
    }

    public Box Bounds { get; }

    public IReadOnlyList<Vector4> Nodes => _nodes;

    public float Distance(Vector3 p)
    {
        var distance = float.MaxValue;
        for (var n = 0; n + 1 < _nodes.Length; n++)
        {
            var (a, b) = (_nodes[n], _nodes[n + 1]);
            var piece = Shapes.Capsule(p, Position(a), Position(b), a.W, b.W);
            distance = n == 0 ? piece : Shapes.Union(distance, piece, _smoothness);
        }

        return distance;
    }

    public static Vector3 Position(Vector4 node) => new(node.X, node.Y, node.Z);

    private static Vector4 CatmullRom(Vector4 a, Vector4 b, Vector4 c, Vector4 d, float t) =>
        0.5f * ((2 * b) + ((c - a) * t) + (((2 * a) - (5 * b) + (4 * c) - d) * (t * t)) + (((3 * b) - a - (3 * c) + d) * (t * t * t)));
}
