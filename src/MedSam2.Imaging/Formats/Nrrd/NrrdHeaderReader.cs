using System.Globalization;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>
/// Reads the fields of the NRRD format definition (teem.sourceforge.net/nrrd/format.html) that describe one scalar volume.
/// Fields that say nothing about where voxels are (content, centers, thicknesses, ...) are passed over.
/// </summary>
internal static class NrrdHeaderReader
{
    private const int MaxDimension = 16;

    public static NrrdHeader Read(Stream stream, FormatLimits limits)
    {
        var text = NrrdHeaderText.Read(stream, limits);
        var fields = text.Fields;
        var type = ParseType(Require(fields, "type"));
        var encoding = ParseEncoding(Require(fields, "encoding"));
        return new NrrdHeader
        {
            Geometry = NrrdGeometry.Read(fields, ParseSizes(fields), limits),
            Type = type,
            Encoding = encoding,
            BigEndian = ParseEndian(fields, type, encoding),
            DataFile = ParseDataFile(fields),
            LineSkip = (int)ParseSkip(fields, "lineskip", 0, limits),
            ByteSkip = ParseSkip(fields, "byteskip", -1, limits),
            KeyValues = text.KeyValues,
        };
    }

    internal static string Require(IReadOnlyDictionary<string, string> fields, string name) =>
        fields.GetValueOrDefault(name) ?? throw new ImageFormatException($"The NRRD header has no field '{name}'. The file is damaged.");

    private static ElementType ParseType(string text) => text.ToLowerInvariant() switch
    {
        "signed char" or "int8" or "int8_t" => ElementType.Int8,
        "uchar" or "unsigned char" or "uint8" or "uint8_t" => ElementType.UInt8,
        "short" or "short int" or "signed short" or "signed short int" or "int16" or "int16_t" => ElementType.Int16,
        "ushort" or "unsigned short" or "unsigned short int" or "uint16" or "uint16_t" => ElementType.UInt16,
        "int" or "signed int" or "int32" or "int32_t" => ElementType.Int32,
        "uint" or "unsigned int" or "uint32" or "uint32_t" => ElementType.UInt32,
        "longlong" or "long long" or "long long int" or "signed long long" or "signed long long int" or "int64" or "int64_t" => ElementType.Int64,
        "ulonglong" or "unsigned long long" or "unsigned long long int" or "uint64" or "uint64_t" => ElementType.UInt64,
        "float" => ElementType.Float32,
        "double" => ElementType.Float64,
        _ => throw new ImageFormatException("The NRRD type is not an integer or float type. Convert the voxels to one of them."),
    };

    private static NrrdEncoding ParseEncoding(string text) => text.ToLowerInvariant() switch
    {
        "raw" => NrrdEncoding.Raw,
        "gz" or "gzip" => NrrdEncoding.Gzip,
        "txt" or "text" or "ascii" => NrrdEncoding.Ascii,
        "hex" => NrrdEncoding.Hex,
        "bz2" or "bzip2" => NrrdEncoding.Bzip2,
        _ => throw new ImageFormatException("The NRRD encoding is not one of raw, gzip, bzip2, ascii and hex. Save the file with one of them."),
    };

    private static bool ParseEndian(IReadOnlyDictionary<string, string> fields, ElementType type, NrrdEncoding encoding)
    {
        if (type.Size() == 1 || encoding == NrrdEncoding.Ascii)
            return false;
        return Require(fields, "endian").ToLowerInvariant() switch
        {
            "little" => false,
            "big" => true,
            _ => throw new ImageFormatException("The NRRD field 'endian' is neither little nor big. Correct the header."),
        };
    }

    private static long[] ParseSizes(IReadOnlyDictionary<string, string> fields)
    {
        if (!int.TryParse(Require(fields, "dimension"), NumberStyles.None, CultureInfo.InvariantCulture, out var dimension) || dimension is < 1 or > MaxDimension)
            throw new ImageFormatException($"The NRRD field 'dimension' is not a number from 1 to {MaxDimension}. The header is damaged.");
        var words = Words(Require(fields, "sizes"));
        if (words.Length != dimension)
            throw new ImageFormatException($"The NRRD header has {dimension} dimensions but {words.Length} sizes. Correct the header.");
        var sizes = new long[dimension];
        for (var axis = 0; axis < dimension; axis++)
        {
            if (!long.TryParse(words[axis], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[axis]) || sizes[axis] is < 1 or > int.MaxValue)
                throw new ImageFormatException("A size of the NRRD header is not a positive number. Correct the header.");
        }

        return sizes;
    }

    private static string? ParseDataFile(IReadOnlyDictionary<string, string> fields)
    {
        if (fields.GetValueOrDefault("datafile") is not { } name)
            return null;
        if (name.StartsWith("LIST", StringComparison.Ordinal) || name.Contains('%', StringComparison.Ordinal))
            throw new ImageFormatException("The NRRD voxels are spread over several data files. Save the volume as one file.");
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0') || name.Contains(':', StringComparison.Ordinal))
            throw new ImageFormatException("The NRRD data file must lie in the header's own folder and be given by its bare name. Move it there, or save the volume as one file.");
        return name;
    }

    private static long ParseSkip(IReadOnlyDictionary<string, string> fields, string name, long least, FormatLimits limits)
    {
        if (fields.GetValueOrDefault(name) is not { } text)
            return 0;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var skip) || skip < least || skip > limits.MaxSkippedBytes)
            throw new ImageFormatException($"The NRRD field '{name}' is not a number from {least} to {limits.MaxSkippedBytes}. Correct the header.");
        return skip;
    }

    internal static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
