using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Volumes;

/// <summary>A three-dimensional grey image: real values on a grid in the patient. Immutable and shared between sessions.</summary>
public sealed class Volume
{
    /// <param name="geometry">The grid.</param>
    /// <param name="voxels">Values in storage order (i fastest).</param>
    /// <param name="modality">DICOM modality (<c>CT</c>, <c>MR</c>, <c>PT</c>, ...), or empty where the source does not say.</param>
    /// <param name="window">The window the source suggests, if any.</param>
    /// <exception cref="ArgumentException">The number of voxels does not fit the grid.</exception>
    public Volume(VolumeGeometry geometry, Voxels voxels, string modality = "", IntensityWindow? window = null)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentNullException.ThrowIfNull(voxels);
        if (voxels.Count != geometry.VoxelCount)
            throw new ArgumentException($"The grid has {geometry.VoxelCount} voxels, but {voxels.Count} values were given.", nameof(voxels));
        Geometry = geometry;
        Voxels = voxels;
        Modality = modality;
        Window = window;
    }

    public VolumeGeometry Geometry { get; }

    public Voxels Voxels { get; }

    public string Modality { get; }

    public IntensityWindow? Window { get; }

    public float this[int i, int j, int k] => Voxels[Geometry.Offset(i, j, k)];

    /// <summary>Copies one slice, row by row, into <paramref name="destination"/> (<c>height * width</c> values).</summary>
    public void ReadSlice(SliceAxis axis, int index, Span<float> destination)
    {
        var (width, height, count) = Geometry.SliceShape(axis);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        var (start, stepX, stepY) = Geometry.SliceStride(axis, index);
        for (var y = 0; y < height; y++, start += stepY)
            Voxels.Read(start, stepX, destination.Slice(y * width, width));
    }
}
