namespace MedSam2.Imaging.Geometry;

/// <summary>
/// Where a volume's voxels lie in the patient. Voxels are stored with i (column) fastest, then j (row), then k (slice).
/// </summary>
/// <param name="Columns">Number of voxels along i.</param>
/// <param name="Rows">Number of voxels along j.</param>
/// <param name="Slices">Number of voxels along k.</param>
/// <param name="IjkToLps">From the centre of a voxel to DICOM patient coordinates in mm.</param>
public sealed record VolumeGeometry(int Columns, int Rows, int Slices, Affine IjkToLps)
{
    public long VoxelCount => (long)Columns * Rows * Slices;

    /// <summary>Millimetres between voxel centres along i, j, k.</summary>
    public Vector3D Spacing => new(IjkToLps.I.Length, IjkToLps.J.Length, IjkToLps.K.Length);

    /// <summary>Offset of voxel (i, j, k) in the volume's storage order.</summary>
    public long Offset(int i, int j, int k) => i + ((long)Columns * (j + ((long)Rows * k)));

    public bool Contains(int i, int j, int k) => (uint)i < (uint)Columns && (uint)j < (uint)Rows && (uint)k < (uint)Slices;

    /// <summary>Size of the slices perpendicular to an axis, and how many there are.</summary>
    public (int Width, int Height, int Count) SliceShape(SliceAxis axis) => axis switch
    {
        SliceAxis.K => (Columns, Rows, Slices),
        SliceAxis.J => (Columns, Slices, Rows),
        SliceAxis.I => (Rows, Slices, Columns),
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "Unknown slice axis."),
    };

    /// <summary>Millimetres between the pixels of a slice (x, y) and between slices.</summary>
    public (double X, double Y, double Between) SliceSpacing(SliceAxis axis)
    {
        var (i, j, k) = Spacing;
        return axis switch
        {
            SliceAxis.K => (i, j, k),
            SliceAxis.J => (i, k, j),
            SliceAxis.I => (j, k, i),
            _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "Unknown slice axis."),
        };
    }

    /// <summary>First voxel of a slice and the storage steps along its x and y.</summary>
    public (long Start, long StepX, long StepY) SliceStride(SliceAxis axis, int index)
    {
        long row = Columns, slice = (long)Columns * Rows;
        return axis switch
        {
            SliceAxis.K => (index * slice, 1, row),
            SliceAxis.J => (index * row, 1, slice),
            SliceAxis.I => (index, row, slice),
            _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "Unknown slice axis."),
        };
    }
}
