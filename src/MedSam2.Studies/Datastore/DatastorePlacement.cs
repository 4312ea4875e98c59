using System.Security.Cryptography;

namespace MedSam2.Studies.Datastore;

/// <summary>The second half of a change: its file goes where its record says. Doing it again does no harm.</summary>
internal static class DatastorePlacement
{
    public static void Place(this DatastoreLayout layout, ImageRow row)
    {
        Move(layout, row.Incoming!, layout.ImagePath(row.Id, row.Extension!));
        if (row.Replaces is { } former)
            File.Delete(layout.ImagePath(row.Id, former));
        row.Incoming = row.Replaces = null;
    }

    public static void Place(this DatastoreLayout layout, LabelRow row)
    {
        Move(layout, row.Incoming!, layout.LabelPath(row.ImageId, row.Tag, row.Extension));
        if (row.Replaces is { } former)
            File.Delete(layout.LabelPath(row.ImageId, row.Tag, former));
        row.Incoming = row.Replaces = null;
    }

    /// <summary>Throws away what never became an image or label.</summary>
    public static void ClearIncoming(this DatastoreLayout layout)
    {
        if (!Directory.Exists(layout.Incoming))
            return;
        foreach (var file in Directory.EnumerateFiles(layout.Incoming))
            File.Delete(file);
    }

    public static bool SameContent(this DatastoreLayout layout, ImageRow row, string incoming, string extension)
    {
        var path = layout.ImagePath(row.Id, row.Extension!);
        if (row.Extension != extension || !File.Exists(path))
            return false;
        using var a = File.OpenRead(path);
        using var b = File.OpenRead(incoming);
        return a.Length == b.Length && SHA256.HashData(a).AsSpan().SequenceEqual(SHA256.HashData(b));
    }

    private static void Move(DatastoreLayout layout, string incoming, string path)
    {
        var from = Path.Combine(layout.Incoming, incoming);
        if (!File.Exists(from))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Move(from, path, overwrite: true);
    }
}
