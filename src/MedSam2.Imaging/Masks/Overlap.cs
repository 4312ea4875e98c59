using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Masks;

/// <summary>How far two masks agree.</summary>
public static class Overlap
{
    /// <summary>Pixels or voxels of two masks on one grid, in which 0 is background.</summary>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static OverlapCount Count(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"A mask of {a.Length} voxels cannot be compared with one of {b.Length}: they must lie on one grid.", nameof(b));
        long common = 0, inA = 0, inB = 0;
        for (var n = 0; n < a.Length; n++)
        {
            int ofA = a[n] != 0 ? 1 : 0, ofB = b[n] != 0 ? 1 : 0;
            common += ofA & ofB;
            inA += ofA;
            inB += ofB;
        }

        return new(common, inA, inB);
    }

    /// <inheritdoc cref="OverlapCount.Dice"/>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static double Dice(Mask a, Mask b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return a.Width == b.Width && a.Height == b.Height
            ? Count(a.Pixels, b.Pixels).Dice
            : throw new ArgumentException($"A mask of {a.Width} x {a.Height} cannot be compared with one of {b.Width} x {b.Height}.", nameof(b));
    }

    /// <summary>Dice over a whole volume, of one label here with one label there.</summary>
    /// <exception cref="ArgumentException">The grids differ in size.</exception>
    public static double Dice(LabelMap a, byte labelA, LabelMap b, byte labelB)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var (sizeA, sizeB) = (a.Geometry, b.Geometry);
        if (sizeA.Columns != sizeB.Columns || sizeA.Rows != sizeB.Rows || sizeA.Slices != sizeB.Slices)
        {
            throw new ArgumentException(
                $"Labels of {sizeA.Columns} x {sizeA.Rows} x {sizeA.Slices} cannot be compared with labels of {sizeB.Columns} x {sizeB.Rows} x {sizeB.Slices}.", nameof(b));
        }

        long common = 0, inA = 0, inB = 0;
        for (var n = 0; n < a.Labels.Length; n++)
        {
            int ofA = a.Labels[n] == labelA ? 1 : 0, ofB = b.Labels[n] == labelB ? 1 : 0;
            common += ofA & ofB;
            inA += ofA;
            inB += ofB;
        }

        return new OverlapCount(common, inA, inB).Dice;
    }
}

/// <summary>The sizes of two masks and of what they have in common.</summary>
/// <param name="Common">In both.</param>
/// <param name="A">In the one.</param>
/// <param name="B">In the other.</param>
public readonly record struct OverlapCount(long Common, long A, long B)
{
    /// <summary>Twice what is common over the sum of both; 1 where both are empty.</summary>
    public double Dice => A + B == 0 ? 1 : 2.0 * Common / (A + B);

    /// <summary>What is common over what is in either; 1 where both are empty.</summary>
    public double Iou => A + B == 0 ? 1 : (double)Common / (A + B - Common);
}
