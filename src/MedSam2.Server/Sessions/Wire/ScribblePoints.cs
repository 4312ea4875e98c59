using MedSam2.Inference;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>
/// A scribble as clicks: the network knows points, not lines. Points part the line evenly, not nearer than
/// <see cref="Spacing"/> to each other and to its ends, and are not more than <see cref="Most"/>.
/// </summary>
internal static class ScribblePoints
{
    /// <summary>
    /// Of one line. On real structures three within a stroke do better than one in its middle; with more of them, and with points
    /// at its ends, where structures are thin, the network loses again what it gained.
    /// </summary>
    public const int Most = 3;

    /// <summary>Pixels between two points, at least.</summary>
    public const double Spacing = 4;

    /// <param name="line">Its corners, in pixels.</param>
    /// <param name="include">Whether the object is there.</param>
    /// <exception cref="PromptException">It has no corner.</exception>
    public static IEnumerable<PromptPoint> Along(IReadOnlyList<(double X, double Y)> line, bool include)
    {
        if (line.Count == 0)
            throw new PromptException("A scribble needs at least one point.");
        var lengths = new double[line.Count];
        for (var n = 1; n < line.Count; n++)
            lengths[n] = lengths[n - 1] + double.Hypot(line[n].X - line[n - 1].X, line[n].Y - line[n - 1].Y);
        if (line.Count == 1)
            return [new(line[0].X, line[0].Y, include)];
        var count = (int)Math.Clamp(Math.Floor(lengths[^1] / Spacing) - 1, 1, Most);
        return Enumerable.Range(1, count).Select(n => At(line, lengths, lengths[^1] * n / (count + 1), include));
    }

    private static PromptPoint At(IReadOnlyList<(double X, double Y)> line, double[] lengths, double length, bool include)
    {
        var n = 1;
        while (n < line.Count - 1 && lengths[n] < length)
            n++;
        var part = lengths[n] - lengths[n - 1];
        var t = part > 0 ? Math.Clamp((length - lengths[n - 1]) / part, 0, 1) : 0;
        return new(line[n - 1].X + (t * (line[n].X - line[n - 1].X)), line[n - 1].Y + (t * (line[n].Y - line[n - 1].Y)), include);
    }
}
