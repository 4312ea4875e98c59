using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Volumes;

/// <summary>One label value a voxel (0 is background), on a volume's grid, i fastest.</summary>
public sealed class LabelMap
{
    /// <exception cref="ArgumentException">The number of values does not fit the grid.</exception>
    public LabelMap(VolumeGeometry geometry, byte[] labels)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.LongLength != geometry.VoxelCount)
            throw new ArgumentException($"The grid has {geometry.VoxelCount} voxels, but {labels.LongLength} labels were given.", nameof(labels));
        Geometry = geometry;
        Labels = labels;
    }

    public LabelMap(VolumeGeometry geometry)
        : this(geometry, new byte[geometry.VoxelCount])
    {
    }

    public VolumeGeometry Geometry { get; }

    public byte[] Labels { get; }

    public byte this[int i, int j, int k]
    {
        get => Labels[Geometry.Offset(i, j, k)];
        set => Labels[Geometry.Offset(i, j, k)] = value;
    }

    /// <summary>Number of voxels that carry <paramref name="label"/>.</summary>
    public long Count(byte label) => Labels.AsSpan().Count(label);

    /// <summary>The slice across <paramref name="axis"/> with most voxels of <paramref name="label"/> (the first of equal ones), and how many; -1 and 0 where there are none.</summary>
    public (int Index, int Count) LargestSlice(SliceAxis axis, byte label)
    {
        var (width, height, count) = Geometry.SliceShape(axis);
        var (best, most) = (-1, 0);
        for (var index = 0; index < count; index++)
        {
            var (start, stepX, stepY) = Geometry.SliceStride(axis, index);
            var pixels = 0;
            for (var y = 0; y < height; y++, start += stepY)
            {
                var offset = start;
                for (var x = 0; x < width; x++, offset += stepX)
                    pixels += Labels[offset] == label ? 1 : 0;
            }

            if (pixels > most)
                (best, most) = (index, pixels);
        }

        return (best, most);
    }

    /// <summary>The pixels of one slice that carry <paramref name="label"/>.</summary>
    public Masks.Mask ReadSlice(SliceAxis axis, int index, byte label)
    {
        var (width, height, _) = Geometry.SliceShape(axis);
        var (start, stepX, stepY) = Geometry.SliceStride(axis, index);
        var mask = new Masks.Mask(width, height);
        for (var y = 0; y < height; y++, start += stepY)
        {
            var offset = start;
            for (var x = 0; x < width; x++, offset += stepX)
                mask.Pixels[(y * width) + x] = Labels[offset] == label ? (byte)1 : (byte)0;
        }

        return mask;
    }
}
