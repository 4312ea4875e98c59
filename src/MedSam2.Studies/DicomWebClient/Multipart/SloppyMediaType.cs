namespace MedSam2.Studies.DicomWebClient.Multipart;

/// <summary>
/// A Content-Type as servers really send it: values that hold <c>/</c> or <c>=</c> without quotes, single quotes, empty
/// parameters, a parameter given twice (the first counts). Nothing makes it throw.
/// </summary>
public sealed class SloppyMediaType
{
    private readonly Dictionary<string, string> _parameters = new(StringComparer.OrdinalIgnoreCase);

    private SloppyMediaType(string type) => Type = type;

    /// <summary>In lower case, without parameters; empty where there is none.</summary>
    public string Type { get; }

    public bool IsMultipart => Type.StartsWith("multipart/", StringComparison.Ordinal);

    /// <summary>A parameter's value without quotes, or null where it is missing or empty.</summary>
    public string? this[string name] => _parameters.GetValueOrDefault(name);

    public static SloppyMediaType Parse(string? text)
    {
        var pieces = Split(text ?? "");
        var media = new SloppyMediaType(pieces[0].Trim('"', '\'', ' ', '\t').ToLowerInvariant());
        foreach (var piece in pieces.Skip(1))
        {
            var equals = piece.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            var value = Unquote(piece[(equals + 1)..].Trim());
            if (value is not "")
                media._parameters.TryAdd(piece[..equals].Trim(), value);
        }

        return media;
    }

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] is not ('"' or '\'') || value[^1] != value[0])
            return value.Trim('"');
        return value[0] == '"' ? value[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal) : value[1..^1];
    }

    private static List<string> Split(string text)
    {
        var pieces = new List<string>();
        var (start, quoted) = (0, false);
        for (var n = 0; n < text.Length; n++)
        {
            if (text[n] == '"' && (n == 0 || text[n - 1] != '\\'))
                quoted = !quoted;
            if (text[n] != ';' || quoted)
                continue;
            pieces.Add(text[start..n].Trim());
            start = n + 1;
        }

        pieces.Add(text[start..].Trim());
        return pieces;
    }
}
