namespace MedSam2.Imaging.Formats;

/// <summary>
/// What a volume file may ask of its reader. Readers never allocate ahead of the data they have seen, so these limits
/// bound what a well-formed but absurd file costs.
/// </summary>
public sealed record FormatLimits
{
    public static readonly FormatLimits Default = new();

    /// <summary>Voxels a volume may have. The default holds 2048 slices of 512 x 512, one gigabyte of 16-bit values.</summary>
    public long MaxVoxels { get; init; } = 1L << 29;

    /// <summary>Voxels along one axis.</summary>
    public int MaxAxis { get; init; } = 1 << 14;

    /// <summary>Bytes of a text header (NRRD).</summary>
    public int MaxHeaderBytes { get; init; } = 1 << 20;

    /// <summary>Bytes a header may ask to skip before the first voxel, after decompression.</summary>
    public long MaxSkippedBytes { get; init; } = 1L << 26;

    /// <summary>Checks the sizes a header gives, before anything is allocated for them.</summary>
    /// <exception cref="ImageFormatException">A size is not positive, or a limit is passed.</exception>
    internal (int Columns, int Rows, int Slices) CheckSizes(long columns, long rows, long slices)
    {
        if (columns < 1 || rows < 1 || slices < 1)
            throw new ImageFormatException($"The header gives the sizes {columns} x {rows} x {slices}. Each size must be at least 1; the header is damaged.");
        if (columns > MaxAxis || rows > MaxAxis || slices > MaxAxis || columns * rows * slices > MaxVoxels)
        {
            throw new ImageFormatException(
                $"The header gives the sizes {columns} x {rows} x {slices}. At most {MaxAxis} voxels along an axis and {MaxVoxels} in all are read; crop or resample the volume.");
        }

        return ((int)columns, (int)rows, (int)slices);
    }
}
