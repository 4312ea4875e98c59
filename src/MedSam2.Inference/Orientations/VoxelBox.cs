using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference.Orientations;

/// <summary>A block of whole voxels.</summary>
internal readonly record struct VoxelBox(int I, int J, int K, int Columns, int Rows, int Slices)
{
    public static readonly VoxelBox Empty;

    public bool IsEmpty => Columns == 0;

    public int Count => Columns * Rows * Slices;

    /// <summary>The block that a rectangle of a slice covers.</summary>
    public static VoxelBox OfSlice(SliceAxis axis, int index, PixelBox box) => box.IsEmpty ? Empty : axis switch
    {
        SliceAxis.K => new(box.X, box.Y, index, box.Width, box.Height, 1),
        SliceAxis.J => new(box.X, index, box.Y, box.Width, 1, box.Height),
        _ => new(index, box.X, box.Y, 1, box.Width, box.Height),
    };

    public VoxelBox Union(VoxelBox other)
    {
        if (IsEmpty || other.IsEmpty)
            return IsEmpty ? other : this;
        var (i, j, k) = (Math.Min(I, other.I), Math.Min(J, other.J), Math.Min(K, other.K));
        return new(
            i,
            j,
            k,
            Math.Max(I + Columns, other.I + other.Columns) - i,
            Math.Max(J + Rows, other.J + other.Rows) - j,
            Math.Max(K + Slices, other.K + other.Slices) - k);
    }

    public bool Contains(int i, int j, int k) =>
        i >= I && i < I + Columns && j >= J && j < J + Rows && k >= K && k < K + Slices;

    public int Offset(int i, int j, int k) => i - I + (Columns * (j - J + (Rows * (k - K))));

    /// <summary>First and number of the slices that the block spans, and of the columns and rows within them.</summary>
    public (int Slice, int SliceCount, int X, int Width, int Y, int Height) Along(SliceAxis axis) => axis switch
    {
        SliceAxis.K => (K, Slices, I, Columns, J, Rows),
        SliceAxis.J => (J, Rows, I, Columns, K, Slices),
        _ => (I, Columns, J, Rows, K, Slices),
    };

    /// <summary>Offset of a slice's pixel within the block.</summary>
    public int Offset(SliceAxis axis, int slice, int x, int y) => axis switch
    {
        SliceAxis.K => Offset(x, y, slice),
        SliceAxis.J => Offset(x, slice, y),
        _ => Offset(slice, x, y),
    };
}
