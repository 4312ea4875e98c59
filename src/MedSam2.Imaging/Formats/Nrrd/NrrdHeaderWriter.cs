using System.Globalization;
using System.Text;
using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>Makes the header that ITK, 3D Slicer and nrrd-js read: NRRD0004, LPS, three axes, little endian.</summary>
internal static class NrrdHeaderWriter
{
    public static byte[] Create(VolumeGeometry geometry, ElementType type, NrrdEncoding encoding, IEnumerable<KeyValuePair<string, string>>? keyValues)
    {
        var affine = geometry.IjkToLps;
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"NRRD0004");
        Line($"type: {TypeName(type)}");
        Line($"dimension: 3");
        Line($"space: left-posterior-superior");
        Line($"sizes: {geometry.Columns} {geometry.Rows} {geometry.Slices}");
        Line($"space directions: {Vector(affine.I)} {Vector(affine.J)} {Vector(affine.K)}");
        Line($"kinds: domain domain domain");
        Line($"endian: little");
        Line($"encoding: {EncodingName(encoding)}");
        Line($"space origin: {Vector(affine.Origin)}");
        foreach (var (key, value) in keyValues ?? [])
        {
            if (key.Length == 0 || key[0] == '#' || key.Contains(':', StringComparison.Ordinal))
                throw new ArgumentException($"'{key}' cannot be the key of an NRRD header.", nameof(keyValues));
            Line($"{NrrdHeaderText.Escape(key)}:={NrrdHeaderText.Escape(value)}");
        }

        text.Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Vector(Vector3D v) => string.Create(CultureInfo.InvariantCulture, $"({v.X:R},{v.Y:R},{v.Z:R})");

    private static string EncodingName(NrrdEncoding encoding) => encoding switch
    {
        NrrdEncoding.Raw => "raw",
        NrrdEncoding.Gzip => "gzip",
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "NRRD is written raw or gzip."),
    };

    private static string TypeName(ElementType type) => type switch
    {
        ElementType.UInt8 => "unsigned char",
        ElementType.UInt16 => "unsigned short",
        ElementType.Int16 => "short",
        ElementType.Int32 => "int",
        ElementType.Float32 => "float",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "NRRD is written as UInt8, UInt16, Int16, Int32 or Float32."),
    };
}
