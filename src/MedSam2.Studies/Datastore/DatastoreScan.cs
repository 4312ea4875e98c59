using System.Text.Json.Nodes;
using MedSam2.Studies.Store;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Datastore;

/// <summary>Finds the files that people or other programs put into the folder. Records of files that went stay, unseen, until the files are back.</summary>
internal sealed class DatastoreScan(DatastoreDatabase database, DatastoreLayout volumes, DatastoreLayout series)
{
    private volatile string _seen = "";

    public bool IsDue => Signature() != _seen;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var signature = Signature();
        await using var context = database.NewContext();
        var known = await context.Images.Include(i => i.Labels).ToDictionaryAsync(i => i.Id, cancellation);
        foreach (var (id, extension, path) in volumes.FindImages())
        {
            if (!known.ContainsKey(id))
                known.Add(id, context.Images.Add(new ImageRow { Id = id, Extension = extension, Info = InfoOf(path) }).Entity);
        }

        AddLabels(volumes, id => known.GetValueOrDefault(id));
        if (series != volumes)
            AddLabels(series, Series);
        else
            AddLabels(series, id => known.GetValueOrDefault(id) ?? Series(id));
        await context.SaveChangesAsync(cancellation);
        _seen = signature;

        ImageRow? Series(string id)
        {
            if (known.TryGetValue(id, out var row) || !DicomUidText.IsValid(id))
                return row;
            return known[id] = context.Images.Add(new ImageRow { Id = id }).Entity;
        }
    }

    private static void AddLabels(DatastoreLayout layout, Func<string, ImageRow?> imageOf)
    {
        foreach (var (tag, id, extension, path) in layout.FindLabels())
        {
            if (imageOf(id) is { } image && !image.Labels.Exists(label => label.Tag == tag))
                image.Labels.Add(new LabelRow { ImageId = id, Tag = tag, Extension = extension, Info = InfoOf(path) });
        }
    }

    private static string InfoOf(string path) => new JsonObject
    {
        ["ts"] = new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeSeconds(),
        ["name"] = Path.GetFileName(path),
    }.ToJsonString();

    private string Signature() => $"{volumes.Signature()};{(series == volumes ? "" : series.Signature())}";
}
