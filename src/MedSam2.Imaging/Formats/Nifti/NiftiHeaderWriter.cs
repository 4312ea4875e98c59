using System.Buffers.Binary;
using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats.Nifti;

/// <summary>Makes the 352 bytes in front of the voxels of a little-endian NIfTI-1 file.</summary>
internal static class NiftiHeaderWriter
{
    private const int DataStart = 352;
    private const short ScannerFrame = 1;
    private const short LabelIntent = 1002;
    private const byte Millimetres = 2;

    public static byte[] Create(VolumeGeometry geometry, ElementType type, float slope, float intercept, bool labels)
    {
        if (geometry.Columns > short.MaxValue || geometry.Rows > short.MaxValue || geometry.Slices > short.MaxValue)
            throw new ArgumentException($"NIfTI-1 holds at most {short.MaxValue} voxels along an axis.", nameof(geometry));

        var header = new byte[DataStart];
        void Short(int at, int value) => BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(at), (short)value);
        void Single(int at, double value) => BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(at), (float)value);

        BinaryPrimitives.WriteInt32LittleEndian(header, 348);
        header[38] = (byte)'r';
        ReadOnlySpan<int> dimensions = [3, geometry.Columns, geometry.Rows, geometry.Slices, 1, 1, 1, 1];
        for (var n = 0; n < dimensions.Length; n++)
            Short(40 + (2 * n), dimensions[n]);
        Short(68, labels ? LabelIntent : 0);
        Short(70, NiftiDataType.FromElementType(type));
        Short(72, 8 * type.Size());

        var ras = geometry.IjkToLps.SwapLpsRas();
        var spacing = geometry.Spacing;
        var leftHanded = ras.Determinant < 0;
        ReadOnlySpan<double> pixelDimensions = [leftHanded ? -1 : 1, spacing.X, spacing.Y, spacing.Z];
        for (var n = 0; n < pixelDimensions.Length; n++)
            Single(76 + (4 * n), pixelDimensions[n]);
        Single(108, DataStart);
        Single(112, slope);
        Single(116, intercept);
        header[123] = Millimetres;

        if (ras.Skew <= GridCheck.MaxSkew)
        {
            Short(252, ScannerFrame);
            var (b, c, d) = Quaternion(ras.I / spacing.X, ras.J / spacing.Y, ras.K / (leftHanded ? -spacing.Z : spacing.Z));
            ReadOnlySpan<double> qform = [b, c, d, ras.Origin.X, ras.Origin.Y, ras.Origin.Z];
            for (var n = 0; n < qform.Length; n++)
                Single(256 + (4 * n), qform[n]);
        }

        Short(254, ScannerFrame);
        ReadOnlySpan<double> sform =
        [
            ras.I.X, ras.J.X, ras.K.X, ras.Origin.X,
            ras.I.Y, ras.J.Y, ras.K.Y, ras.Origin.Y,
            ras.I.Z, ras.J.Z, ras.K.Z, ras.Origin.Z,
        ];
        for (var n = 0; n < sform.Length; n++)
            Single(280 + (4 * n), sform[n]);
        "n+1\0"u8.CopyTo(header.AsSpan(344));
        return header;
    }

    /// <summary>b, c, d of the unit quaternion (a at least 0) of a rotation given by its columns.</summary>
    private static (double B, double C, double D) Quaternion(Vector3D x, Vector3D y, Vector3D z)
    {
        var a = Math.Sqrt(Math.Max(0, 1 + x.X + y.Y + z.Z)) / 2;
        var b = Math.Sqrt(Math.Max(0, 1 + x.X - y.Y - z.Z)) / 2;
        var c = Math.Sqrt(Math.Max(0, 1 - x.X + y.Y - z.Z)) / 2;
        var d = Math.Sqrt(Math.Max(0, 1 - x.X - y.Y + z.Z)) / 2;

        // The largest component fixes the signs of the others; dividing by a small one would lose them to rounding.
        if (a >= b && a >= c && a >= d)
            return ((y.Z - z.Y) / (4 * a), (z.X - x.Z) / (4 * a), (x.Y - y.X) / (4 * a));
        double sign;
        if (b >= c && b >= d)
        {
            sign = y.Z - z.Y < 0 ? -1 : 1;
            return (sign * b, sign * (x.Y + y.X) / (4 * b), sign * (x.Z + z.X) / (4 * b));
        }

        if (c >= d)
        {
            sign = z.X - x.Z < 0 ? -1 : 1;
            return (sign * (x.Y + y.X) / (4 * c), sign * c, sign * (y.Z + z.Y) / (4 * c));
        }

        sign = x.Y - y.X < 0 ? -1 : 1;
        return (sign * (x.Z + z.X) / (4 * d), sign * (y.Z + z.Y) / (4 * d), sign * d);
    }
}
