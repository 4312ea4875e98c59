using MedSam2.Imaging.Geometry;

namespace MedSam2.Server.Demo;

/// <summary>
/// How a stack's slices are turned and mirrored for a radiologist's eye: axial and coronal pictures show the patient's right
/// on the left; axial ones have the back at the bottom, coronal and sagittal ones the feet; sagittal ones face left.
/// </summary>
internal sealed class SliceView
{
    private readonly bool _transposed;
    private readonly bool _mirroredX;
    private readonly bool _mirroredY;
    private readonly int _sliceWidth;
    private readonly int _sliceHeight;

    public SliceView(VolumeGeometry geometry, SliceAxis axis)
    {
        var affine = geometry.IjkToLps;
        var (x, y, across) = axis switch
        {
            SliceAxis.K => (affine.I, affine.J, affine.K),
            SliceAxis.J => (affine.I, affine.K, affine.J),
            SliceAxis.I => (affine.J, affine.K, affine.I),
            _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "Unknown slice axis."),
        };
        var normal = x.Cross(y).Normalized();
        var (right, down, up) = Dominant(normal) switch
        {
            0 => (new Vector3D(0, 1, 0), new Vector3D(0, 0, -1), new Vector3D(1, 0, 0)),
            1 => (new Vector3D(1, 0, 0), new Vector3D(0, 0, -1), new Vector3D(0, -1, 0)),
            _ => (new Vector3D(1, 0, 0), new Vector3D(0, 1, 0), new Vector3D(0, 0, 1)),
        };

        var (unitX, unitY) = (x.Normalized(), y.Normalized());
        _transposed = Math.Abs(unitX.Dot(right)) + Math.Abs(unitY.Dot(down)) < Math.Abs(unitX.Dot(down)) + Math.Abs(unitY.Dot(right));
        var (alongRight, alongDown) = _transposed ? (unitY, unitX) : (unitX, unitY);
        (_mirroredX, _mirroredY) = (alongRight.Dot(right) < 0, alongDown.Dot(down) < 0);
        HeadFirst = across.Dot(up) > 0;

        (_sliceWidth, _sliceHeight, _) = geometry.SliceShape(axis);
        (Width, Height) = _transposed ? (_sliceHeight, _sliceWidth) : (_sliceWidth, _sliceHeight);
        var spacing = geometry.SliceSpacing(axis);
        (PixelWidth, PixelHeight) = _transposed ? (spacing.Y, spacing.X) : (spacing.X, spacing.Y);
        (Left, Right) = (Letter(right, -1), Letter(right, 1));
    }

    /// <summary>Pixels of the picture.</summary>
    public int Width { get; }

    public int Height { get; }

    /// <summary>Size of a pixel in mm.</summary>
    public double PixelWidth { get; }

    public double PixelHeight { get; }

    /// <summary>Whether slices are shown with falling index to begin at the head (or front, or left).</summary>
    public bool HeadFirst { get; }

    /// <summary>The side of the patient that the picture's left edge is.</summary>
    public string Left { get; }

    public string Right { get; }

    /// <summary>Where a slice's pixel is in the picture; fractions are kept.</summary>
    public (double X, double Y) ToPicture(double x, double y)
    {
        var (u, v) = _transposed ? (y, x) : (x, y);
        return (_mirroredX ? Width - 1 - u : u, _mirroredY ? Height - 1 - v : v);
    }

    /// <summary>A slice's values (row by row) in the picture's order.</summary>
    public T[] Arrange<T>(ReadOnlySpan<T> slice)
    {
        var picture = new T[slice.Length];
        for (var y = 0; y < _sliceHeight; y++)
        {
            for (var x = 0; x < _sliceWidth; x++)
            {
                var (u, v) = ToPicture(x, y);
                picture[((int)v * Width) + (int)u] = slice[(y * _sliceWidth) + x];
            }
        }

        return picture;
    }

    private static int Dominant(Vector3D v) =>
        Math.Abs(v.X) > Math.Abs(v.Y) && Math.Abs(v.X) > Math.Abs(v.Z) ? 0 : Math.Abs(v.Y) > Math.Abs(v.Z) ? 1 : 2;

    private static string Letter(Vector3D right, int sign) => right.X != 0 ? (sign > 0 ? "L" : "R") : sign > 0 ? "P" : "A";
}
