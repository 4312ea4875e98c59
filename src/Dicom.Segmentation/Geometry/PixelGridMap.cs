namespace Dicom.Segmentation;

/// <summary>
/// Which pixel of a frame lies on which pixel of a slice, where both have one grid: the same pixels, or turned, mirrored, cropped.
/// </summary>
/// <remarks>frame column = X0 + XC * column + XR * row, and frame row = Y0 + YC * column + YR * row, all whole numbers.</remarks>
internal readonly record struct PixelGridMap(int X0, int XC, int XR, int Y0, int YC, int YR)
{
    public static readonly PixelGridMap Identity = new(0, 1, 0, 0, 0, 1);

    /// <summary>Null where the planes differ or the pixels do not lie on each other.</summary>
    public static PixelGridMap? Between(SlicePlane slice, int rows, int columns, SlicePlane frame, double tolerance)
    {
        if (Math.Abs((slice.Position - frame.Position).Dot(frame.Normal)) > tolerance)
            return null;

        var origin = slice.Position - frame.Position;
        var x0 = origin.Dot(frame.RowDirection) / frame.ColumnSpacing;
        var y0 = origin.Dot(frame.ColumnDirection) / frame.RowSpacing;
        var xc = slice.RowDirection.Dot(frame.RowDirection) * slice.ColumnSpacing / frame.ColumnSpacing;
        var yc = slice.RowDirection.Dot(frame.ColumnDirection) * slice.ColumnSpacing / frame.RowSpacing;
        var xr = slice.ColumnDirection.Dot(frame.RowDirection) * slice.RowSpacing / frame.ColumnSpacing;
        var yr = slice.ColumnDirection.Dot(frame.ColumnDirection) * slice.RowSpacing / frame.RowSpacing;
        double[] terms = [x0, xc, xr, y0, yc, yr];
        if (terms.Any(term => Math.Abs(term) > 1e6))
            return null;

        var t = Array.ConvertAll(terms, term => (int)Math.Round(term));
        var map = new PixelGridMap(t[0], t[1], t[2], t[3], t[4], t[5]);
        var straight = Math.Abs(map.XC) == 1 && Math.Abs(map.YR) == 1 && map.XR == 0 && map.YC == 0;
        var turned = Math.Abs(map.XR) == 1 && Math.Abs(map.YC) == 1 && map.XC == 0 && map.YR == 0;
        if (!straight && !turned)
            return null;

        // Linear in the pixel: what holds at the corners holds between them.
        foreach (var (column, row) in new[] { (0, 0), (columns - 1, 0), (0, rows - 1), (columns - 1, rows - 1) })
        {
            var (x, y) = map.Apply(column, row);
            if ((slice.At(column, row) - frame.At(x, y)).Length > tolerance)
                return null;
        }

        return map;
    }

    public (int X, int Y) Apply(int column, int row) => (X0 + (XC * column) + (XR * row), Y0 + (YC * column) + (YR * row));
}
