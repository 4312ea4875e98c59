using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A form that was read. Disposing it deletes the files that nobody moved away.</summary>
internal sealed class Upload : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32 };

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly List<UploadedFile> _files = [];

    public IReadOnlyList<UploadedFile> Files => _files;

    public void Add(string name, string value) => _fields[name] = value;

    public void Add(UploadedFile file) => _files.Add(file);

    public string? Field(string name) => _fields.GetValueOrDefault(name);

    /// <exception cref="ParameterException">The form has no such file.</exception>
    public UploadedFile RequireFile(string part) => _files.Find(file => file.Part == part)
        ?? throw new ParameterException($"The form has no file '{part}': send it as multipart/form-data, the part with a filename.", "body", part);

    /// <summary>A field that is the text of a JSON object; an empty object where it is absent.</summary>
    /// <exception cref="RequestException">It is something else.</exception>
    public JsonObject Json(string name)
    {
        if (Field(name) is not { } text || string.IsNullOrWhiteSpace(text))
            return [];
        return ParseObject(text, $"'{name}'");
    }

    /// <exception cref="RequestException">It is no JSON object.</exception>
    public static JsonObject ParseObject(string text, string what)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Strict) switch
            {
                null => [],
                JsonObject parsed when Unique(parsed) => parsed,
                _ => throw RequestException.BadRequest($"{what} must be a JSON object."),
            };
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw RequestException.BadRequest($"{what} is no valid JSON: {exception.Message}", exception);
        }
    }

    public void Dispose()
    {
        // The folder itself may be gone.
        foreach (var file in _files.Where(file => File.Exists(file.Path)))
            File.Delete(file.Path);
    }

    // A node is parsed when it is looked at: a name given twice would be noticed only later.
    private static bool Unique(JsonObject parsed)
    {
        _ = parsed.DeepClone();
        return parsed.Count >= 0;
    }
}

/// <summary>A file of a form, on disk.</summary>
/// <param name="Part">The part's name.</param>
/// <param name="FileName">As the client calls it, often with its path; only its end means something.</param>
/// <param name="Path">Where it lies.</param>
internal sealed record UploadedFile(string Part, string FileName, string Path)
{
    /// <summary>The last part of the client's path, in the style of any system.</summary>
    public string BaseName => FileName[(FileName.LastIndexOfAny(['/', '\\']) + 1)..];
}
