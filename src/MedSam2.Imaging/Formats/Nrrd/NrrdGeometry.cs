using System.Globalization;
using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>
/// From an NRRD header's orientation to IJK→LPS. RAS and LAS are turned into LPS; a frame that names no patient directions
/// (<c>scanner-xyz</c>, <c>3D-right-handed</c>, none) is taken as LPS, as ITK and 3D Slicer do.
/// </summary>
internal static class NrrdGeometry
{
    public static VolumeGeometry Read(IReadOnlyDictionary<string, string> fields, long[] sizes, FormatLimits limits)
    {
        var directions = fields.TryGetValue("spacedirections", out var text) ? ParseDirections(text, sizes.Length) : null;
        var axes = SpatialAxes(sizes, directions);
        long Size(int n) => n < axes.Length ? sizes[axes[n]] : 1;
        var (columns, rows, slices) = limits.CheckSizes(Size(0), Size(1), Size(2));

        var affine = directions is null ? FromSpacings(fields, axes, sizes.Length) : FromDirections(fields, directions, axes);
        if (GridCheck.WhyNotRectangular(affine) is { } problem)
            throw new ImageFormatException($"The NRRD header's {problem}");
        return new VolumeGeometry(columns, rows, slices, affine);
    }

    /// <summary>The two or three axes of space, fastest first: the others must have one entry, so that dropping them keeps the order.</summary>
    private static int[] SpatialAxes(long[] sizes, Vector3D?[]? directions)
    {
        var axes = new List<int>();
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            var spatial = directions is null ? axis < 3 || sizes[axis] > 1 : directions[axis] is not null;
            if (spatial)
                axes.Add(axis);
            else if (sizes[axis] > 1)
                throw new ImageFormatException($"The NRRD file has {sizes[axis]} entries along axis {axis}, which is not an axis of space, so it is not one volume. Save one layer, channel or time point.");
        }

        if (axes.Count is < 2 or > 3)
            throw new ImageFormatException($"The NRRD file has {axes.Count} axes of space. A volume has three, a single slice two.");
        return [.. axes];
    }

    private static Affine FromDirections(IReadOnlyDictionary<string, string> fields, Vector3D?[] directions, int[] axes)
    {
        var millimetres = ParseUnit(fields);
        var (x, y) = ParseSpace(fields);
        Vector3D ToLps(Vector3D v) => new Vector3D(v.X * x, v.Y * y, v.Z) * millimetres;

        var i = ToLps(directions[axes[0]]!.Value);
        var j = ToLps(directions[axes[1]]!.Value);
        var normal = i.Cross(j);
        var k = axes.Length == 3 ? ToLps(directions[axes[2]]!.Value) : normal / Math.Max(normal.Length, double.Epsilon);
        var origin = fields.TryGetValue("spaceorigin", out var text) ? ToLps(ParseVector(text)) : Vector3D.Zero;
        return new Affine(i, j, k, origin);
    }

    private static Affine FromSpacings(IReadOnlyDictionary<string, string> fields, int[] axes, int dimension)
    {
        double[] spacing = [1, 1, 1];
        if (fields.TryGetValue("spacings", out var text))
        {
            var words = NrrdHeaderReader.Words(text);
            if (words.Length != dimension)
                throw new ImageFormatException($"The NRRD header has {dimension} dimensions but {words.Length} spacings. Correct the header.");
            for (var n = 0; n < axes.Length; n++)
                spacing[n] = Math.Abs(ParseNumber(words[axes[n]]));
        }

        return new Affine(new(spacing[0], 0, 0), new(0, spacing[1], 0), new(0, 0, spacing[2]), Vector3D.Zero);
    }

    /// <summary>Signs that turn the file's x and y into LPS.</summary>
    private static (double X, double Y) ParseSpace(IReadOnlyDictionary<string, string> fields)
    {
        var name = fields.GetValueOrDefault("space", "").ToLowerInvariant();
        return name switch
        {
            "left-posterior-superior" or "lps" or "left-posterior-superior-time" or "lpst" => (1, 1),
            "right-anterior-superior" or "ras" or "right-anterior-superior-time" or "rast" => (-1, -1),
            "left-anterior-superior" or "las" or "left-anterior-superior-time" or "last" => (1, -1),
            "" or "scanner-xyz" or "scanner-xyz-time" or "3d-right-handed" or "3d-right-handed-time" or "3d-left-handed" or "3d-left-handed-time" => (1, 1),
            _ => throw new ImageFormatException("The NRRD field 'space' is not one the format defines. Use left-posterior-superior."),
        };
    }

    private static double ParseUnit(IReadOnlyDictionary<string, string> fields)
    {
        if (!fields.TryGetValue("spaceunits", out var text))
            return 1;
        var units = NrrdHeaderReader.Words(text).Select(unit => unit.Trim('"')).Distinct().Where(unit => unit is not ("s" or "ms")).ToArray();
        if (units.Length != 1)
            throw new ImageFormatException("The NRRD field 'space units' mixes units. Use mm for all axes.");
        return units[0].ToLowerInvariant() switch
        {
            "mm" or "millimeter" or "millimeters" or "millimetre" or "millimetres" or "" => 1,
            "um" or "µm" or "μm" or "micron" or "microns" or "micrometer" or "micrometers" => 0.001,
            "cm" => 10,
            "m" => 1000,
            _ => throw new ImageFormatException("The NRRD field 'space units' is not one of mm, um, cm and m. Use mm."),
        };
    }

    private static Vector3D?[] ParseDirections(string text, int dimension)
    {
        var parts = new List<Vector3D?>();
        var rest = text.AsSpan().Trim();
        while (!rest.IsEmpty && parts.Count <= dimension)
        {
            if (rest.StartsWith("none", StringComparison.OrdinalIgnoreCase))
            {
                parts.Add(null);
                rest = rest[4..].TrimStart();
                continue;
            }

            var end = rest.IndexOf(')');
            if (end < 0)
                throw BadVector();
            parts.Add(ParseVector(rest[..(end + 1)]));
            rest = rest[(end + 1)..].TrimStart();
        }

        if (parts.Count != dimension)
            throw new ImageFormatException($"The NRRD header has {dimension} dimensions but another number of space directions. Correct the header.");
        return [.. parts];
    }

    private static Vector3D ParseVector(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text is not ['(', .., ')'])
            throw BadVector();
        var parts = text[1..^1].ToString().Split(',');
        return parts.Length switch
        {
            2 => new(ParseNumber(parts[0]), ParseNumber(parts[1]), 0),
            3 => new(ParseNumber(parts[0]), ParseNumber(parts[1]), ParseNumber(parts[2])),
            _ => throw BadVector(),
        };
    }

    private static double ParseNumber(string text) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new ImageFormatException("A spacing, direction or origin of the NRRD header is not a finite number. Correct the header.");

    private static ImageFormatException BadVector() =>
        new("A direction or the origin of the NRRD header is not a vector like (1,0,0). Correct the header.");
}
