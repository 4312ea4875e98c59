using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Training.Evaluation;

/// <summary>Masks of whole volumes as one byte a voxel, put together from slices and compared.</summary>
internal static class VoxelMasks
{
    /// <summary>Copies a slice's mask into a volume's.</summary>
    public static void Put(byte[] voxels, VolumeGeometry geometry, SliceAxis axis, int index, Mask mask)
    {
        var (start, stepX, stepY) = geometry.SliceStride(axis, index);
        for (var (y, n) = (0, 0); y < mask.Height; y++, start += stepY)
        {
            var offset = start;
            for (var x = 0; x < mask.Width; x++, n++, offset += stepX)
                voxels[offset] = mask.Pixels[n];
        }
    }

    /// <summary>Which slices of the stack hold something in a mask and in the truth, the prompted one left out.</summary>
    public static SlicePresence Presence(byte[] voxels, byte[] truth, VolumeGeometry geometry, SliceAxis axis, int prompted)
    {
        var (empty, leftEmpty, held, found) = (0, 0, 0, 0);
        for (var index = 0; index < geometry.SliceShape(axis).Count; index++)
        {
            if (index == prompted)
                continue;
            var isMasked = HasAny(voxels, geometry, axis, index);
            if (HasAny(truth, geometry, axis, index))
                (held, found) = (held + 1, found + (isMasked ? 1 : 0));
            else
                (empty, leftEmpty) = (empty + 1, leftEmpty + (isMasked ? 0 : 1));
        }

        return new(empty, leftEmpty, held, found);
    }

    private static bool HasAny(byte[] voxels, VolumeGeometry geometry, SliceAxis axis, int index)
    {
        var (width, height, _) = geometry.SliceShape(axis);
        var (start, stepX, stepY) = geometry.SliceStride(axis, index);
        for (var y = 0; y < height; y++, start += stepY)
        {
            var offset = start;
            for (var x = 0; x < width; x++, offset += stepX)
            {
                if (voxels[offset] != 0)
                    return true;
            }
        }

        return false;
    }

    /// <summary>All metrics in mm, computed where either mask is, which changes none of them.</summary>
    public static SegmentationScore Score(byte[] voxels, byte[] truth, VolumeGeometry geometry, double toleranceMm)
    {
        var (columns, rows, slices) = (geometry.Columns, geometry.Rows, geometry.Slices);
        int i0 = columns, j0 = rows, k0 = slices, i1 = -1, j1 = -1, k1 = -1;
        for (var (n, k) = (0, 0); k < slices; k++)
        {
            for (var j = 0; j < rows; j++, n += columns)
            {
                ReadOnlySpan<byte> a = voxels.AsSpan(n, columns), b = truth.AsSpan(n, columns);
                var first = Least(a.IndexOfAnyExcept((byte)0), b.IndexOfAnyExcept((byte)0));
                if (first < 0)
                    continue;
                (i0, i1) = (Math.Min(i0, first), Math.Max(i1, Math.Max(a.LastIndexOfAnyExcept((byte)0), b.LastIndexOfAnyExcept((byte)0))));
                (j0, j1) = (Math.Min(j0, j), Math.Max(j1, j));
                (k0, k1) = (Math.Min(k0, k), Math.Max(k1, k));
            }
        }

        if (k1 < 0)
            return SegmentationMetrics.Score([], [], (0, 0, 0), (1, 1, 1), toleranceMm);

        // A margin of one voxel keeps a mask's border apart from the edge of the grid.
        (i0, j0, k0) = (Math.Max(0, i0 - 1), Math.Max(0, j0 - 1), Math.Max(0, k0 - 1));
        (i1, j1, k1) = (Math.Min(columns - 1, i1 + 1), Math.Min(rows - 1, j1 + 1), Math.Min(slices - 1, k1 + 1));
        var size = (X: i1 - i0 + 1, Y: j1 - j0 + 1, Z: k1 - k0 + 1);
        var spacing = geometry.Spacing;
        return SegmentationMetrics.Score(Cut(voxels), Cut(truth), size, (spacing.X, spacing.Y, spacing.Z), toleranceMm);

        byte[] Cut(byte[] whole)
        {
            var cut = new byte[size.X * size.Y * size.Z];
            for (var k = 0; k < size.Z; k++)
            {
                for (var j = 0; j < size.Y; j++)
                    whole.AsSpan((int)geometry.Offset(i0, j0 + j, k0 + k), size.X).CopyTo(cut.AsSpan(((k * size.Y) + j) * size.X));
            }

            return cut;
        }
    }

    /// <summary>All metrics on one slice.</summary>
    public static SegmentationScore Score(Mask mask, Mask truth, VolumeGeometry geometry, SliceAxis axis, double toleranceMm)
    {
        var (x, y, _) = geometry.SliceSpacing(axis);
        return SegmentationMetrics.Score(mask.Pixels, truth.Pixels, (mask.Width, mask.Height, 1), (x, y, 1), toleranceMm);
    }

    private static int Least(int a, int b) => a < 0 ? b : b < 0 ? a : Math.Min(a, b);
}
