using System.Text.Json.Nodes;

namespace MedSam2.Studies.Datastore;

/// <summary>An image's record.</summary>
/// <param name="Id">For a series its Series Instance UID.</param>
/// <param name="Extension">Of the volume file; null for a series.</param>
/// <param name="Path">Where the volume lies; null for a series.</param>
/// <param name="Info">What is known of it; a copy.</param>
/// <param name="Labels">Its labels, by tag.</param>
public sealed record DatastoreImage(string Id, string? Extension, string? Path, JsonObject Info, IReadOnlyList<DatastoreLabel> Labels)
{
    public DatastoreLabel? Label(string tag) => Labels.FirstOrDefault(label => label.Tag == tag);
}

/// <summary>A label file's record.</summary>
public sealed record DatastoreLabel(string Tag, string Extension, string Path, JsonObject Info)
{
    /// <summary>What a person has approved.</summary>
    public const string Final = "final";

    /// <summary>What a model has proposed.</summary>
    public const string Original = "original";
}
