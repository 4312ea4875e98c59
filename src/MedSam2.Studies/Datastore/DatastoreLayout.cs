namespace MedSam2.Studies.Datastore;

/// <summary>
/// A folder as MONAI Label lays it out: volumes at the top as <c>ID.EXT</c>, labels as <c>labels/TAG/ID.EXT</c>, and
/// <c>datastore_v2.json</c> about them. What is on its way in lies in a hidden folder of it, so that one rename puts it in place.
/// </summary>
internal sealed class DatastoreLayout(string folder, string imagesFolder = ".", string labelsFolder = "labels")
{
    public const string DocumentName = "datastore_v2.json";

    /// <summary>Longer ones first, so that <c>.nii.gz</c> is not taken for <c>.gz</c>.</summary>
    public static readonly IReadOnlyList<string> ImageExtensions = [".nii.gz", ".nii", ".nrrd"];

    public static readonly IReadOnlyList<string> LabelExtensions = [".seg.nrrd", ".nii.gz", ".nii", ".nrrd", ".dcm", ".json"];

    public string Images { get; } = Path.GetFullPath(Path.Combine(folder, imagesFolder));

    public string Labels { get; } = Path.GetFullPath(Path.Combine(folder, labelsFolder));

    public string Document { get; } = Path.Combine(folder, DocumentName);

    public string Incoming { get; } = Path.Combine(folder, ".medsam2", "incoming");

    /// <summary>Whether a folder holds volumes or MONAI Label's document about them.</summary>
    public static bool IsUsedBy(string folder) =>
        File.Exists(Path.Combine(folder, DocumentName))
        || Directory.EnumerateFiles(folder).Any(file => ExtensionOf(file, ImageExtensions) is not null);

    /// <summary>Which of the known extensions a file name ends with, as known; null for none.</summary>
    public static string? ExtensionOf(string fileName, IReadOnlyList<string> known) =>
        known.FirstOrDefault(extension => fileName.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    public string ImagePath(string id, string extension) => Path.Combine(Images, id + extension);

    public string LabelPath(string id, string tag, string extension) => Path.Combine(Labels, tag, id + extension);

    public string NewIncomingPath()
    {
        Directory.CreateDirectory(Incoming);
        return Path.Combine(Incoming, $"{Guid.NewGuid():N}.part");
    }

    public IEnumerable<(string Id, string Extension, string Path)> FindImages() => Find(Images, ImageExtensions);

    public IEnumerable<(string Tag, string Id, string Extension, string Path)> FindLabels() =>
        !Directory.Exists(Labels) ? [] :
        from tag in Directory.EnumerateDirectories(Labels).Order(StringComparer.Ordinal)
        where DatastoreName.IsValid(Path.GetFileName(tag))
        from file in Find(tag, LabelExtensions)
        select (Path.GetFileName(tag), file.Id, file.Extension, file.Path);

    /// <summary>Changes when a file comes or goes.</summary>
    public string Signature()
    {
        var tags = Directory.Exists(Labels) ? Directory.GetDirectories(Labels) : [];
        return string.Join('|', tags.Order(StringComparer.Ordinal).Prepend(Labels).Prepend(Images).Select(path => Directory.GetLastWriteTimeUtc(path).Ticks));
    }

    private static IEnumerable<(string Id, string Extension, string Path)> Find(string folder, IReadOnlyList<string> extensions)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            // An extension in capitals would be another file under the name that it is found by.
            if (ExtensionOf(name, extensions) is { } extension && name.EndsWith(extension, StringComparison.Ordinal) && DatastoreName.IsValid(name[..^extension.Length]))
                yield return (name[..^extension.Length], extension, path);
        }
    }
}
