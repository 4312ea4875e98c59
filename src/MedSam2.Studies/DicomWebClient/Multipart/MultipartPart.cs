namespace MedSam2.Studies.DicomWebClient.Multipart;

/// <summary>One part of a multipart body. Its content is read before the next part, or skipped.</summary>
public sealed class MultipartPart
{
    private readonly IReadOnlyDictionary<string, string> _headers;

    internal MultipartPart(IReadOnlyDictionary<string, string> headers, Stream content)
    {
        _headers = headers;
        ContentType = SloppyMediaType.Parse(Header("Content-Type"));
        Content = content;
    }

    public SloppyMediaType ContentType { get; }

    /// <summary>Read it asynchronously.</summary>
    public Stream Content { get; }

    /// <summary>A header's value, or null.</summary>
    public string? Header(string name) => _headers.GetValueOrDefault(name);
}
