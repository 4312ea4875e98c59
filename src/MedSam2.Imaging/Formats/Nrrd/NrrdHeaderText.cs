using System.Text;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>The lines of an NRRD header, split into fields and key/value pairs.</summary>
/// <param name="Fields">Field names in lower case without spaces, since both spellings (<c>data file</c>, <c>datafile</c>) are in use.</param>
/// <param name="KeyValues">Pairs written with <c>:=</c>.</param>
internal sealed record NrrdHeaderText(IReadOnlyDictionary<string, string> Fields, IReadOnlyDictionary<string, string> KeyValues)
{
    /// <summary>Reads up to and including the empty line, and leaves the stream at the byte behind it.</summary>
    public static NrrdHeaderText Read(Stream stream, FormatLimits limits)
    {
        var remaining = limits.MaxHeaderBytes;
        var magic = ReadLine(stream, ref remaining) ?? "";
        if (magic.Length != 8 || !magic.StartsWith("NRRD000", StringComparison.Ordinal))
            throw new ImageFormatException("This is not an NRRD file: it does not start with NRRD000 and a version.");
        if (magic[7] is < '1' or > '5')
            throw new ImageFormatException($"The NRRD version '{magic[7]}' is not known; versions 1 to 5 are read.");

        var fields = new Dictionary<string, string>();
        var keyValues = new Dictionary<string, string>();
        for (string? line; (line = ReadLine(stream, ref remaining)) is { Length: > 0 };)
        {
            if (line[0] == '#')
                continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon + 1 >= line.Length)
                throw new ImageFormatException("A line of the NRRD header is neither 'field: value' nor 'key:=value'. The header is damaged, or the empty line before the data is missing.");

            if (line[colon + 1] == '=')
            {
                keyValues[Unescape(line[..colon])] = Unescape(line[(colon + 2)..]);
                continue;
            }

            var name = line[..colon].Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
            if (!fields.TryAdd(name, line[(colon + 1)..].Trim()))
                throw new ImageFormatException($"The NRRD header gives '{line[..colon]}' twice. Keep one of them.");
        }

        return new(fields, keyValues);
    }

    /// <summary>One line without its end, or null at the end of the data. NRRD headers are ASCII; UTF-8 is what writers do.</summary>
    public static string? ReadLine(Stream stream, ref int remaining)
    {
        var bytes = new List<byte>();
        for (int value; (value = stream.ReadByte()) != '\n';)
        {
            if (value < 0)
            {
                if (bytes.Count == 0)
                    return null;
                break;
            }

            if (--remaining < 0)
                throw new ImageFormatException("The NRRD header is too long. The file is damaged, or the empty line before the data is missing.");
            bytes.Add((byte)value);
        }

        if (bytes is [.., (byte)'\r'])
            bytes.RemoveAt(bytes.Count - 1);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Unescape(string text) =>
        text.Contains('\\', StringComparison.Ordinal)
            ? text.Replace("\\\\", "\0", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\0", "\\", StringComparison.Ordinal)
            : text;
}
