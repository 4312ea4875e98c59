using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Masks;

/// <summary>How far two masks agree.</summary>
public static class Overlap
{
    /// <summary>Twice the common pixels over the sum of both; 1 where both are empty.</summary>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static double Dice(Mask a, Mask b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Width != b.Width || a.Height != b.Height)
            throw new ArgumentException($"A mask of {a.Width} x {a.Height} cannot be compared with one of {b.Width} x {b.Height}.", nameof(b));
        return Dice(a.Pixels, 1, b.Pixels, 1);
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

        return Dice(a.Labels, labelA, b.Labels, labelB);
    }

    private static double Dice(ReadOnlySpan<byte> a, byte labelA, ReadOnlySpan<byte> b, byte labelB)
    {
        long common = 0, sum = 0;
        for (var n = 0; n < a.Length; n++)
        {
            var (inA, inB) = (a[n] == labelA ? 1 : 0, b[n] == labelB ? 1 : 0);
            common += inA & inB;
            sum += inA + inB;
        }

        return sum == 0 ? 1 : 2.0 * common / sum;
    }
}
