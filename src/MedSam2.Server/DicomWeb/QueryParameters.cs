using System.Globalization;
using FellowOakDicom;
using MedSam2.Server.Errors;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Server.DicomWeb;

/// <summary>Reads a QIDO-RS query string (PS3.18 8.3.4).</summary>
internal static class QueryParameters
{
    /// <exception cref="RequestException">A parameter makes no sense.</exception>
    public static StudyQuery Read(IQueryCollection parameters, StudyQuery query)
    {
        var filters = new List<AttributeFilter>();
        var include = new HashSet<DicomTag>();
        foreach (var (key, values) in parameters)
        {
            switch (key.ToLowerInvariant())
            {
                case "limit":
                    query = query with { Limit = Number(key, values.ToString()) };
                    break;
                case "offset":
                    query = query with { Offset = Number(key, values.ToString()) };
                    break;
                case "includefield":
                    foreach (var field in values.SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
                    {
                        if (field.Equals("all", StringComparison.OrdinalIgnoreCase))
                            query = query with { IncludeAll = true };
                        else
                            include.Add(Tag(field.Split('.')[0]));
                    }

                    break;
                case "fuzzymatching" or "accept" or "charset":
                    break;
                default:
                    filters.Add(new(Tag(key), string.Join('\\', values.Where(v => !string.IsNullOrEmpty(v)))));
                    break;
            }
        }

        return query with { Filters = filters, Include = include };
    }

    private static int Number(string key, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw RequestException.BadRequest($"The value of {key} is not a whole number from 0 on. Correct the query.");

    /// <summary>A tag from its keyword or its eight hexadecimal digits.</summary>
    private static DicomTag Tag(string name)
    {
        if (name.Length == 8 && uint.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return new DicomTag((ushort)(number >> 16), (ushort)number);
        if (name.Contains('.', StringComparison.Ordinal))
            throw RequestException.BadRequest("Attributes within sequences cannot be matched. Leave them out of the query.");
        var known = name.Length is > 0 and <= 64 && name.All(char.IsAsciiLetterOrDigit) ? DicomDictionary.Default[name] : null;
        return known ?? throw RequestException.BadRequest($"A query parameter is neither a DICOM keyword nor eight hexadecimal digits: {Shown(name)}. Correct the query.");
    }

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "...";
}
