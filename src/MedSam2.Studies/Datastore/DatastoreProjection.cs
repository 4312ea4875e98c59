using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Datastore;

/// <summary>
/// Keeps <c>datastore_v2.json</c> in step with the database, volumes only: MONAI Label drops what has no image file. The
/// database leads, unless somebody else wrote the document since this server did.
/// </summary>
internal sealed class DatastoreProjection(DatastoreDatabase database, DatastoreLayout layout, DatastoreDocument document)
{
    private const string WrittenKey = "document";

    /// <summary>Takes in what another program wrote, or writes what a crash kept from being written.</summary>
    public async Task ImportAsync(string checksum, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        var written = await context.Notes.FindAsync([WrittenKey], cancellation);
        var rows = await context.Images.Include(i => i.Labels).ToDictionaryAsync(i => i.Id, cancellation);
        if (checksum == (written?.Value ?? ""))
        {
            var before = document.Objects.ToJsonString();
            foreach (var row in rows.Values.Where(row => row.Extension is not null))
                Put(row);
            if (document.Objects.ToJsonString() != before)
                await WriteAsync(context);
            return;
        }

        foreach (var (id, entry) in document.Objects)
        {
            if (DatastoreName.IsValid(id) && entry is JsonObject known)
                Import(context, rows, id, known);
        }

        await NoteAsync(context, checksum);
    }

    public async Task UpdateAsync(ImageRow row, string? removedTag = null)
    {
        if (row.Extension is null)
            return;
        Put(row);
        if (removedTag is not null)
            (document.Objects[row.Id]!["labels"] as JsonObject)?.Remove(removedTag);
        await using var context = database.NewContext();
        await WriteAsync(context);
    }

    public async Task RemoveAsync(string id)
    {
        document.Objects.Remove(id);
        await using var context = database.NewContext();
        await WriteAsync(context);
    }

    private void Import(DatastoreContext context, Dictionary<string, ImageRow> rows, string id, JsonObject known)
    {
        if (Extension(known["image"]) is not { } extension || !DatastoreLayout.ImageExtensions.Contains(extension) || !File.Exists(layout.ImagePath(id, extension)))
            return;
        if (!rows.TryGetValue(id, out var row))
            rows.Add(id, row = context.Images.Add(new ImageRow { Id = id }).Entity);
        row.Extension = extension;
        row.Info = Info(known["image"]);
        foreach (var (tag, entry) in known["labels"] as JsonObject ?? [])
        {
            if (!DatastoreName.IsValid(tag) || Extension(entry) is not { } labelExtension || !DatastoreLayout.LabelExtensions.Contains(labelExtension))
                continue;
            var label = row.Labels.Find(l => l.Tag == tag);
            if (label is null)
                row.Labels.Add(label = new LabelRow { ImageId = id, Tag = tag, Extension = labelExtension });
            label.Extension = labelExtension;
            label.Info = Info(entry);
        }
    }

    private void Put(ImageRow row)
    {
        if (document.Objects[row.Id] is not JsonObject entry)
            document.Objects[row.Id] = entry = [];
        entry["image"] = Entry(row.Extension!, row.Info);
        if (entry["labels"] is not JsonObject labels)
            entry["labels"] = labels = [];
        foreach (var label in row.Labels)
            labels[label.Tag] = Entry(label.Extension, label.Info);
    }

    private async Task WriteAsync(DatastoreContext context) => await NoteAsync(context, document.Write(layout.Document));

    private static async Task NoteAsync(DatastoreContext context, string checksum)
    {
        if (await context.Notes.FindAsync([WrittenKey], CancellationToken.None) is { } note)
            note.Value = checksum;
        else
            context.Notes.Add(new NoteRow { Key = WrittenKey, Value = checksum });
        await context.SaveChangesAsync(CancellationToken.None);
    }

    private static JsonObject Entry(string extension, string info) => new() { ["ext"] = extension, ["info"] = JsonNode.Parse(info) };

    private static string? Extension(JsonNode? entry) => (entry as JsonObject)?["ext"] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static string Info(JsonNode? entry) => ((entry as JsonObject)?["info"] as JsonObject)?.ToJsonString() ?? "{}";
}
