using MedSam2.Imaging.Masks;

namespace MedSam2.Training.Evaluation;

/// <summary>How well a mask fits the truth.</summary>
/// <param name="Dice">2 |A ∩ B| / (|A| + |B|); 1 where both are empty.</param>
/// <param name="Iou">|A ∩ B| / |A ∪ B|; 1 where both are empty.</param>
/// <param name="SurfaceDice">Share of both surfaces that lies within the tolerance of the other (NSD).</param>
/// <param name="Hausdorff95">95th percentile of the distances between the surfaces, in mm; infinite where one mask is empty and the other is not.</param>
public readonly record struct SegmentationScore(double Dice, double Iou, double SurfaceDice, double Hausdorff95);

/// <summary>Agreement of two masks on one grid. Masks hold 0 for background; voxels are stored x fastest, then y, then z.</summary>
/// <remarks>
/// Surface Dice: Nikolov et al., 2021, here counted over border voxels (a voxel of the mask with a neighbour outside of it,
/// 6-connected; the grid's edge counts as outside). Definitions as in "Metrics reloaded" (Maier-Hein et al., 2024).
/// </remarks>
public static class SegmentationMetrics
{
    /// <summary>All metrics.</summary>
    /// <param name="mask">The answer.</param>
    /// <param name="truth">The reference.</param>
    /// <param name="size">Number of voxels along x, y, z.</param>
    /// <param name="spacing">Millimetres between voxels along x, y, z.</param>
    /// <param name="toleranceMm">How far surfaces may be apart and still count as the same.</param>
    public static SegmentationScore Score(
        ReadOnlySpan<byte> mask, ReadOnlySpan<byte> truth, (int X, int Y, int Z) size, (double X, double Y, double Z) spacing, double toleranceMm = 2)
    {
        var overlap = Overlap.Count(mask, truth);
        if (overlap is { A: 0, B: 0 })
            return new(1, 1, 1, 0);
        if (overlap.A == 0 || overlap.B == 0)
            return new(overlap.Dice, overlap.Iou, 0, double.PositiveInfinity);

        var maskBorder = Border(mask, size);
        var truthBorder = Border(truth, size);
        var distances = DistancesAt(maskBorder, DistanceTransform.Squared(truthBorder, size, spacing));
        distances.AddRange(DistancesAt(truthBorder, DistanceTransform.Squared(maskBorder, size, spacing)));
        distances.Sort();
        var near = distances.Count(d => d <= toleranceMm);
        return new(overlap.Dice, overlap.Iou, (double)near / distances.Count, distances[(int)Math.Ceiling(0.95 * distances.Count) - 1]);
    }

    private static byte[] Border(ReadOnlySpan<byte> mask, (int X, int Y, int Z) size)
    {
        var border = new byte[mask.Length];
        int row = size.X, plane = size.X * size.Y;
        for (int n = 0, z = 0; z < size.Z; z++)
        {
            for (var y = 0; y < size.Y; y++)
            {
                for (var x = 0; x < size.X; x++, n++)
                {
                    if (mask[n] == 0)
                        continue;
                    var inner = x > 0 && mask[n - 1] != 0 && x < size.X - 1 && mask[n + 1] != 0
                        && y > 0 && mask[n - row] != 0 && y < size.Y - 1 && mask[n + row] != 0
                        && (size.Z == 1 || (z > 0 && mask[n - plane] != 0 && z < size.Z - 1 && mask[n + plane] != 0));
                    border[n] = inner ? (byte)0 : (byte)1;
                }
            }
        }

        return border;
    }

    private static List<double> DistancesAt(byte[] border, float[] squared)
    {
        var distances = new List<double>();
        for (var n = 0; n < border.Length; n++)
        {
            if (border[n] != 0)
                distances.Add(Math.Sqrt(squared[n]));
        }

        return distances;
    }
}
