using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MedSam2.Studies.Datastore;

/// <summary><c>datastore_v2.json</c> as MONAI Label has it. What is not understood in it is written back as it was.</summary>
internal sealed class DatastoreDocument
{
    private const long MostBytes = 1L << 28;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _root;

    private DatastoreDocument(JsonObject root) => _root = root;

    public string ImagesFolder => Folder("images_dir", ".");

    public string LabelsFolder => Folder("labels_dir", "labels");

    public JsonObject Objects
    {
        get
        {
            if (_root["objects"] is not JsonObject objects)
                _root["objects"] = objects = [];
            return objects;
        }
    }

    public static DatastoreDocument New() => new(new JsonObject
    {
        ["name"] = "MedSAM-2",
        ["description"] = "Volumes and their labels",
        ["images_dir"] = ".",
        ["labels_dir"] = "labels",
        ["objects"] = new JsonObject(),
    });

    /// <returns>The document and the SHA-256 of its file; a new one and an empty text where there is no file.</returns>
    /// <exception cref="JsonException">The file is no such document.</exception>
    public static (DatastoreDocument Document, string Checksum) Read(string path)
    {
        if (!File.Exists(path))
            return (New(), "");
        if (new FileInfo(path).Length > MostBytes)
            throw new JsonException($"It is larger than {MostBytes >> 20} MiB.");
        var bytes = File.ReadAllBytes(path);
        var root = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = 64 }) as JsonObject ?? throw new JsonException("It is no JSON object.");
        return (new(root), Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Replaces the file as a whole.</summary>
    /// <returns>The SHA-256 of what was written.</returns>
    public string Write(string path)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(_root, Indented);
        var part = path + ".part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>A folder below the document's own; anything else is taken for the default.</summary>
    private string Folder(string key, string standard)
    {
        if (_root[key] is not JsonValue value || !value.TryGetValue(out string? folder) || folder is "" || Path.IsPathRooted(folder))
            return standard;
        return folder.Split('/', '\\').Contains("..") ? standard : folder;
    }
}
