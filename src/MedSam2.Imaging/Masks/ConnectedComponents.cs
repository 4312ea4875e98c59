namespace MedSam2.Imaging.Masks;

/// <summary>The pieces of a binary grid that hang together through shared faces (4 neighbours on a slice, 6 in a volume).</summary>
/// <param name="Labels">0 for background, else the number of the piece, from 1 in storage order of their first voxel.</param>
/// <param name="Sizes">Voxels of each piece; piece n is at n - 1.</param>
public sealed record ConnectedComponents(int[] Labels, int[] Sizes)
{
    /// <summary>Pieces of one slice.</summary>
    public static ConnectedComponents Of(Mask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Of(mask.Pixels, 1, mask.Width, mask.Height, 1);
    }

    /// <summary>Pieces of one label of a volume.</summary>
    public static ConnectedComponents Of(Volumes.LabelMap labels, byte label)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return Of(labels.Labels, label, labels.Geometry.Columns, labels.Geometry.Rows, labels.Geometry.Slices);
    }

    /// <summary>The mask without all but its largest piece (the first of equal ones).</summary>
    public static Mask Largest(Mask mask)
    {
        var components = Of(mask);
        var result = new Mask(mask.Width, mask.Height);
        if (components.Sizes.Length == 0)
            return result;
        var largest = Array.IndexOf(components.Sizes, components.Sizes.Max()) + 1;
        for (var n = 0; n < components.Labels.Length; n++)
            result.Pixels[n] = components.Labels[n] == largest ? (byte)1 : (byte)0;
        return result;
    }

    private static ConnectedComponents Of(ReadOnlySpan<byte> values, byte value, int columns, int rows, int slices)
    {
        // Union-find over provisional numbers: one pass that looks back along each axis, one that renumbers.
        var labels = new int[values.Length];
        var parents = new List<int> { 0 };
        int Root(int n)
        {
            while (parents[n] != n)
                n = parents[n] = parents[parents[n]];
            return n;
        }

        var sliceSize = columns * rows;
        for (var (k, at) = (0, 0); k < slices; k++)
        {
            for (var j = 0; j < rows; j++)
            {
                for (var i = 0; i < columns; i++, at++)
                {
                    if (values[at] != value)
                        continue;
                    var (left, above, before) = (i > 0 ? labels[at - 1] : 0, j > 0 ? labels[at - columns] : 0, k > 0 ? labels[at - sliceSize] : 0);
                    var number = 0;
                    foreach (var neighbour in (ReadOnlySpan<int>)[left, above, before])
                    {
                        if (neighbour == 0)
                            continue;
                        var root = Root(neighbour);
                        if (number == 0)
                            number = root;
                        else if (root != number)
                            (parents[Math.Max(root, number)], number) = (Math.Min(root, number), Math.Min(root, number));
                    }

                    if (number == 0)
                    {
                        number = parents.Count;
                        parents.Add(number);
                    }

                    labels[at] = number;
                }
            }
        }

        var final = new int[parents.Count];
        var sizes = new List<int>();
        for (var n = 0; n < labels.Length; n++)
        {
            if (labels[n] == 0)
                continue;
            ref var number = ref final[Root(labels[n])];
            if (number == 0)
            {
                sizes.Add(0);
                number = sizes.Count;
            }

            labels[n] = number;
            sizes[number - 1]++;
        }

        return new ConnectedComponents(labels, [.. sizes]);
    }
}
