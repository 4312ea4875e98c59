namespace MedSam2.Inference.Preprocessing;

/// <summary>Fills small holes of a mask and removes small islands, on its logits, as SAM 2 does.</summary>
internal static class MaskCleaning
{
    /// <summary>What SAM 2's video predictor makes of a filled hole.</summary>
    public const float FilledLogit = 0.1f;

    /// <summary>Raises 8-connected background regions (logit at most 0) of up to <paramref name="maximumArea"/> pixels to <paramref name="value"/>.</summary>
    public static void FillHoles(Span<float> logits, int width, int maximumArea, float value)
    {
        var areas = RegionAreas(logits, width, inside: false);
        for (var n = 0; n < logits.Length; n++)
        {
            if (areas[n] > 0 && areas[n] <= maximumArea)
                logits[n] = value;
        }
    }

    /// <summary>
    /// Both repairs of SAM 2's image predictor: holes become +10 and islands -10. Both are found on the logits as given.
    /// </summary>
    public static void Clean(Span<float> logits, int width, int maximumHole, int maximumIsland)
    {
        var holes = RegionAreas(logits, width, inside: false);
        var islands = RegionAreas(logits, width, inside: true);
        for (var n = 0; n < logits.Length; n++)
        {
            if (holes[n] > 0 && holes[n] <= maximumHole)
                logits[n] = 10;
            if (islands[n] > 0 && islands[n] <= maximumIsland)
                logits[n] = -10;
        }
    }

    /// <summary>For each pixel the area of its 8-connected region; 0 for pixels on the other side of the threshold.</summary>
    internal static int[] RegionAreas(ReadOnlySpan<float> logits, int width, bool inside)
    {
        var areas = new int[logits.Length];
        var height = logits.Length / width;
        var region = new List<int>();
        for (var seed = 0; seed < logits.Length; seed++)
        {
            if (areas[seed] != 0 || logits[seed] > 0 != inside)
                continue;
            region.Clear();
            region.Add(seed);
            areas[seed] = -1; // found, area not known yet
            for (var n = 0; n < region.Count; n++)
            {
                var (x, y) = (region[n] % width, region[n] / width);
                for (var ny = Math.Max(y - 1, 0); ny <= Math.Min(y + 1, height - 1); ny++)
                {
                    for (var nx = Math.Max(x - 1, 0); nx <= Math.Min(x + 1, width - 1); nx++)
                    {
                        var neighbour = (ny * width) + nx;
                        if (areas[neighbour] == 0 && logits[neighbour] > 0 == inside)
                        {
                            areas[neighbour] = -1;
                            region.Add(neighbour);
                        }
                    }
                }
            }

            foreach (var n in region)
                areas[n] = region.Count;
        }

        return areas;
    }
}
