using System.Globalization;

namespace MedSam2.Server.DicomWeb;

/// <summary>
/// One entry of an Accept header. Reads what viewers really send: media types in parameters without quotes, too.
/// </summary>
/// <param name="Type">Such as <c>application/dicom+json</c>; in a multipart answer, the type of the parts.</param>
/// <param name="IsMultipart">Whether the parts are wanted as <c>multipart/related</c>; both forms will do for <c>*/*</c>.</param>
/// <param name="TransferSyntax">A UID, <c>*</c> for as stored, or null where the sender does not say.</param>
/// <param name="Quality">0 to 1.</param>
internal readonly record struct AcceptedMedia(string Type, bool IsMultipart, string? TransferSyntax, double Quality)
{
    /// <summary>What a sender without an Accept header takes.</summary>
    private static readonly AcceptedMedia Anything = new("*/*", false, null, 1);

    public bool IsAnything => Type == "*/*" && !IsMultipart;

    /// <summary>Whether as it is stored will do.</summary>
    public bool TakesStored => TransferSyntax is null or "*";

    public bool Takes(string type) => Type == type || Type == "*/*" || (Type.EndsWith("/*", StringComparison.Ordinal) && type.StartsWith(Type[..^1], StringComparison.Ordinal));

    /// <summary>The entries of the request, best first; the query parameter <c>accept</c> goes before the header (PS3.18 8.3.3.1).</summary>
    public static IReadOnlyList<AcceptedMedia> Of(HttpRequest request)
    {
        var text = request.Query.TryGetValue("accept", out var query) && query.Count > 0 ? query.ToString() : request.Headers.Accept.ToString();
        var entries = Split(text, ',').Select(Parse).OfType<AcceptedMedia>().Where(m => m.Quality > 0).ToArray();
        return entries.Length == 0 && string.IsNullOrWhiteSpace(text) ? [Anything] : [.. entries.OrderByDescending(m => m.Quality)];
    }

    private static AcceptedMedia? Parse(string entry)
    {
        var pieces = Split(entry, ';');
        if (pieces.Count == 0)
            return null;
        var type = pieces[0].ToLowerInvariant();
        string? inner = null, syntax = null;
        var quality = 1.0;
        foreach (var piece in pieces.Skip(1))
        {
            var equals = piece.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            var value = piece[(equals + 1)..].Trim().Trim('"');
            switch (piece[..equals].Trim().ToLowerInvariant())
            {
                case "type":
                    inner = value.ToLowerInvariant();
                    break;
                case "transfer-syntax":
                    syntax = value;
                    break;
                case "q":
                    quality = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var q) ? q : 1;
                    break;
            }
        }

        return type == "multipart/related" ? new(inner ?? "*/*", true, syntax, quality) : new(type, false, syntax, quality);
    }

    /// <summary>Splits at a separator outside of quotes; empty pieces fall away.</summary>
    private static List<string> Split(string text, char separator)
    {
        var pieces = new List<string>();
        var (start, quoted) = (0, false);
        for (var n = 0; n <= text.Length; n++)
        {
            if (n < text.Length && text[n] == '"')
                quoted = !quoted;
            if (n < text.Length && (text[n] != separator || quoted))
                continue;
            var piece = text[start..n].Trim();
            if (piece.Length > 0)
                pieces.Add(piece);
            start = n + 1;
        }

        return pieces;
    }
}
