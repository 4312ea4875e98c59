namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>The objects of a painted stack that can be asked for on its first slice.</summary>
internal sealed class SceneObjects(Scene scene, PaintedStack stack)
{
    private const int Ring = 3; // how far around an object its surroundings are looked at, pixels

    /// <summary>The masks of up to <paramref name="most"/> objects, each <c>[T,S,S]</c>, 0 or 1.</summary>
    /// <param name="random">Source of all choices.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="leastPixels">Smaller ones are not asked for.</param>
    /// <param name="leastContrast">Those that differ less from what surrounds them are not.</param>
    /// <param name="only">The one region that is asked for; null for any.</param>
    public List<byte[]> Choose(Random random, int most, int leastPixels, double leastContrast, int? only = null)
    {
        var masks = new List<byte[]>();
        foreach (var region in Candidates(leastPixels).Where(r => only is null || r == only).OrderBy(_ => random.Next()))
        {
            if (masks.Count == most)
                break;
            var inside = Members(region, withChildren: random.NextDouble() < 0.5);
            if (Contrast(inside) >= leastContrast)
                masks.Add(Mask(inside));
        }

        return masks;
    }

    private int[] Candidates(int leastPixels)
    {
        var counts = new int[256];
        foreach (var region in stack.Regions.AsSpan(0, stack.Size * stack.Size))
            counts[region]++;
        var largest = stack.Size * stack.Size * 6 / 10;
        return [.. Enumerable.Range(1, scene.Regions.Count - 1).Where(r => scene.Regions[r].IsObject && counts[r] >= leastPixels && counts[r] < largest)];
    }

    /// <summary>An organ's lesion is part of it for some, not for others.</summary>
    private bool[] Members(int region, bool withChildren)
    {
        var members = new bool[256];
        members[region] = true;
        for (var n = region + 1; n < scene.Regions.Count; n++)
            members[n] = (withChildren || scene.Regions[n].IsPart) && scene.Regions[n].Parent is var parent and >= 0 && members[parent];
        return members;
    }

    /// <summary>Mean difference of grey between neighbours across the border, on the first slice, before texture and noise.</summary>
    private double Contrast(bool[] inside)
    {
        var (size, sum, count) = (stack.Size, 0.0, 0);
        for (var y = 0; y < size; y++)
        {
            for (var x = Ring; x < size; x++)
            {
                int a = stack.Regions[(y * size) + x], b = stack.Regions[(y * size) + x - Ring];
                if (inside[a] != inside[b])
                    (sum, count) = (sum + Math.Abs(stack.Flat[a] - stack.Flat[b]), count + 1);
            }
        }

        return count == 0 ? 0 : sum / count;
    }

    private byte[] Mask(bool[] inside)
    {
        var mask = new byte[stack.Regions.Length];
        for (var n = 0; n < mask.Length; n++)
            mask[n] = inside[stack.Regions[n]] ? (byte)1 : (byte)0;
        return mask;
    }
}
