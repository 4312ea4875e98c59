using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Volumes;

/// <summary>Brings labels onto the grid of another image of the same patient.</summary>
public static class LabelGrid
{
    /// <summary>
    /// Gives each voxel of <paramref name="grid"/> the label that lies at its centre (the nearest voxel's; 0 outside). Exact
    /// where both grids have the same voxels in another order, as NIfTI files and DICOM series of one image often do.
    /// </summary>
    /// <exception cref="InvalidOperationException">The labels' axes lie in one plane.</exception>
    public static LabelMap LayOnto(this LabelMap labels, VolumeGeometry grid)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(grid);
        var toLabels = labels.Geometry.IjkToLps.Inverse();
        var result = new LabelMap(grid);
        Parallel.For(0, grid.Slices, k =>
        {
            for (var j = 0; j < grid.Rows; j++)
            {
                for (var i = 0; i < grid.Columns; i++)
                {
                    var (x, y, z) = toLabels.Transform(grid.IjkToLps.Transform(new(i, j, k)));
                    var (a, b, c) = ((int)Math.Round(x), (int)Math.Round(y), (int)Math.Round(z));
                    if (labels.Geometry.Contains(a, b, c))
                        result[i, j, k] = labels[a, b, c];
                }
            }
        });
        return result;
    }
}
