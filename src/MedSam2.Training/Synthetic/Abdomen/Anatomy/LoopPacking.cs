using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Anatomy;

/// <summary>
/// Space packed with rounded cells, each longer than wide, as loops of small bowel look in cross-section: the cells around
/// jittered points, shrunk so that a little fat stays between them.
/// </summary>
/// <remarks>Worley, "A cellular texture basis function", 1996.</remarks>
internal sealed class LoopPacking(int seed, float size)
{
    private const float Gap = 1.5f;

    /// <summary>Points keep this far from the walls of their lattice cell.</summary>
    private const float Margin = 0.1f;

    /// <summary>The cells around a place, nearest first, so that most of them need no look.</summary>
    private static readonly Vector3[] Order =
        [.. Enumerable.Range(0, 27).Select(n => new Vector3((n % 3) - 1, (n / 3 % 3) - 1, (n / 9) - 1)).OrderBy(offset => offset.LengthSquared())];

    /// <summary>Signed distance to the nearest loop's surface.</summary>
    /// <param name="p">Place in mm.</param>
    /// <param name="kind">A number from 0 to 1 that belongs to the loop.</param>
    public float Distance(Vector3 p, out float kind)
    {
        var q = p / size;
        var cell = new Vector3(MathF.Floor(q.X), MathF.Floor(q.Y), MathF.Floor(q.Z));
        var (nearest, second) = (float.MaxValue, float.MaxValue);
        kind = 0;
        var (nearestPoint, secondPoint) = (Vector3.Zero, Vector3.Zero);
        var inCell = q - cell;
        for (var n = 0; n < 27; n++)
        {
            var offset = Order[n];
            var least = Vector3.Max(Vector3.Max(offset + new Vector3(Margin) - inCell, inCell - offset - new Vector3(1 - Margin)), Vector3.Zero);
            if (least.LengthSquared() >= second)
                continue;
            var corner = cell + offset;
            var hash = Hash((int)corner.X, (int)corner.Y, (int)corner.Z);
            var point = corner + new Vector3(0.5f) + ((new Vector3(hash & 255, (hash >> 8) & 255, (hash >> 16) & 255) - new Vector3(127.5f)) * ((1 - (2 * Margin)) / 255));
            var distance = (point - q).LengthSquared();
            if (distance < nearest)
            {
                (second, secondPoint, nearest, nearestPoint) = (nearest, nearestPoint, distance, point);
                kind = (hash >> 24) / 255f;
            }
            else if (distance < second)
            {
                (second, secondPoint) = (distance, point);
            }
        }

        // Half the difference of the squares over the distance of the points is the distance to the plane between them.
        var border = (second - nearest) * 0.5f / MathF.Max((secondPoint - nearestPoint).Length(), 1e-3f);
        var round = MathF.Sqrt(nearest) - 0.56f;
        return (MathF.Max(-border, round) * size * 0.9f) + Gap;
    }

    private uint Hash(int x, int y, int z)
    {
        unchecked
        {
            var h = ((uint)x * 0x8DA6B343) ^ ((uint)y * 0xD8163841) ^ ((uint)z * 0xCB1AB31F) ^ ((uint)seed * 0x9E3779B9);
            h = (h ^ (h >> 15)) * 0x85EBCA6B;
            h = (h ^ (h >> 13)) * 0xC2B2AE35;
            return h ^ (h >> 16);
        }
    }
}
