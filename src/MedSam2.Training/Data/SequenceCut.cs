using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Data;

/// <summary>Which slices of a volume form a sequence, and which objects are followed.</summary>
/// <param name="Slices">Indices, the prompted slice first, then up or down from it.</param>
/// <param name="Labels">Objects that are visible on the prompted slice.</param>
internal sealed record SequenceCut(IReadOnlyList<int> Slices, IReadOnlyList<byte> Labels)
{
    /// <summary>Fewer pixels than this cannot be prompted sensibly.</summary>
    public const int LeastPixels = 16;

    public static SequenceCut Choose(RandomisedVolume volume, int length, int maxObjects, Random random) =>
        Choose(VisibleObjects(volume), length, maxObjects, random);

    /// <param name="visible">The objects that can be prompted, slice by slice; at least one slice has some, and of one slice only one can be asked for.</param>
    /// <param name="length">Slices of the sequence.</param>
    /// <param name="maxObjects">Objects at most.</param>
    /// <param name="random">Draws slice, direction and objects.</param>
    public static SequenceCut Choose(IReadOnlyList<IReadOnlyList<byte>> visible, int length, int maxObjects, Random random)
    {
        // The prompted slice is one where a randomly drawn object shows; most slices of a volume have one.
        var prompted = random.Next(visible.Count);
        while (visible[prompted].Count == 0)
            prompted = (prompted + 1) % visible.Count;

        var up = random.NextDouble() < 0.5;
        var slices = new List<int> { prompted };
        for (var next = prompted; slices.Count < length;)
        {
            next += up ? 1 : -1;
            if (next < 0 || next >= visible.Count)
            {
                // The volume's end: the rest of the sequence comes from the other side, as when a tracker turns round.
                up = !up;
                next = prompted;
                continue;
            }

            slices.Add(next);
        }

        var labels = visible[prompted].OrderBy(_ => random.Next()).Take(maxObjects).ToList();
        return new(slices, labels);
    }

    /// <summary><c>[T,S,S]</c>, 0 or 1.</summary>
    public byte[] Mask(RandomisedVolume volume, byte label)
    {
        var pixels = volume.Size * volume.Size;
        var mask = new byte[Slices.Count * pixels];
        for (var t = 0; t < Slices.Count; t++)
        {
            var labels = volume.Labels.AsSpan(Slices[t] * pixels, pixels);
            for (var n = 0; n < pixels; n++)
                mask[(t * pixels) + n] = labels[n] == label ? (byte)1 : (byte)0;
        }

        return mask;
    }

    private static List<byte>[] VisibleObjects(RandomisedVolume volume)
    {
        var pixels = volume.Size * volume.Size;
        var visible = new List<byte>[volume.Slices];
        for (var k = 0; k < visible.Length; k++)
        {
            var counts = new int[256];
            foreach (var label in volume.Labels.AsSpan(k * pixels, pixels))
                counts[label]++;
            visible[k] = [.. Enumerable.Range(1, volume.Objects).Where(l => counts[l] >= LeastPixels).Select(l => (byte)l)];
        }

        return visible;
    }
}
