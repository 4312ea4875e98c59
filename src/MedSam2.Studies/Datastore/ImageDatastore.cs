using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Studies.Store;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Datastore;

/// <summary>
/// Volumes that are no DICOM, and the labels of volumes and series alike: files in a folder that MONAI Label can open, their
/// records in a database. A change is committed to the database before its file is renamed into place, and finished at the
/// next start where a crash came between. Safe for many callers: reads run side by side, changes one after another.
/// </summary>
public sealed class ImageDatastore : IDisposable
{
    private readonly DatastoreDatabase _database;
    private readonly DatastoreLayout _volumes;
    private readonly DatastoreLayout _series;
    private readonly DatastoreProjection _projection;
    private readonly DatastoreScan _scan;
    private readonly SemaphoreSlim _change = new(1);

    private ImageDatastore(DatastoreDatabase database, DatastoreLayout volumes, DatastoreLayout series, DatastoreProjection projection)
    {
        _database = database;
        _volumes = volumes;
        _series = series;
        _projection = projection;
        _scan = new DatastoreScan(database, volumes, series);
        Holds = new ImageHolds(database);
    }

    /// <summary>Who was handed which image to label.</summary>
    public ImageHolds Holds { get; }

    /// <summary>Whether a folder is laid out as MONAI Label's study folders are.</summary>
    public static bool CanOpen(string folder) => DatastoreLayout.IsUsedBy(folder);

    /// <summary>Opens a datastore, finishes what a crash left half done, and takes in what changed on disk meanwhile.</summary>
    /// <param name="dataFolder">Holds the database, the labels of series, and the volumes where no folder is served.</param>
    /// <param name="servedFolder">A MONAI Label study folder to use in place, or null.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="StudyStoreException">A folder, the database or the folder's document cannot be used.</exception>
    public static async Task<ImageDatastore> OpenAsync(string dataFolder, string? servedFolder, CancellationToken cancellation = default)
    {
        var own = Path.Combine(dataFolder, "datastore");
        DatastoreDatabase? database = null;
        try
        {
            Directory.CreateDirectory(own);
            database = DatastoreDatabase.Open(Path.Combine(dataFolder, "datastore.sqlite"));
            var folder = servedFolder ?? own;
            var (document, checksum) = DatastoreDocument.Read(Path.Combine(folder, DatastoreLayout.DocumentName));
            var volumes = new DatastoreLayout(folder, document.ImagesFolder, document.LabelsFolder);
            var datastore = new ImageDatastore(database, volumes, servedFolder is null ? volumes : new DatastoreLayout(own), new DatastoreProjection(database, volumes, document));
            await datastore.RecoverAsync(checksum, cancellation);
            return datastore;
        }
        catch (Exception e)
        {
            database?.Dispose();
            if (e is JsonException)
                throw new StudyStoreException(StoreFault.Unusable, $"{Path.Combine(servedFolder ?? own, DatastoreLayout.DocumentName)} cannot be read: {e.Message} Mend it, or move it away: images and labels are then found by their files.", e);
            if (e is IOException or UnauthorizedAccessException)
                throw new StudyStoreException(StoreFault.Unusable, $"The datastore in {servedFolder ?? own} cannot be used: {e.Message} Check its rights.", e);
            throw;
        }
    }

    /// <summary>A new file's path for what will become an image or label; whoever does not hand it on deletes it.</summary>
    /// <param name="ofSeries">Whether it will be the label of a series.</param>
    public string NewIncomingPath(bool ofSeries = false)
    {
        try
        {
            return (ofSeries ? _series : _volumes).NewIncomingPath();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StudyStoreException(StoreFault.ReadOnly, $"The datastore's folder cannot be written to: {e.Message}", e);
        }
    }

    /// <summary>Every image that has a record and, unless it is a series, a file.</summary>
    public async Task<IReadOnlyList<DatastoreImage>> ListAsync(CancellationToken cancellation = default)
    {
        if (_scan.IsDue)
            await ChangeAsync(async _ => await _scan.RunAsync(cancellation), cancellation);
        await using var context = _database.NewContext();
        var rows = await context.Images.AsNoTracking().Include(i => i.Labels).OrderBy(i => i.Id).ToListAsync(cancellation);
        return [.. rows.Select(Describe).OfType<DatastoreImage>()];
    }

    public async Task<DatastoreImage?> FindAsync(string id, CancellationToken cancellation = default)
    {
        if (!DatastoreName.IsValid(id))
            return null;
        await using var context = _database.NewContext();
        var row = await context.Images.AsNoTracking().Include(i => i.Labels).FirstOrDefaultAsync(i => i.Id == id, cancellation);
        return row is null ? null : Describe(row);
    }

    /// <summary>Takes a volume file in. One of the same id is replaced where it has no labels.</summary>
    /// <param name="id">The image's id.</param>
    /// <param name="extension">One of <c>.nii.gz</c>, <c>.nii</c>, <c>.nrrd</c>.</param>
    /// <param name="incoming">From <see cref="NewIncomingPath"/>; it is moved.</param>
    /// <param name="info">What is to be known of it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StudyStoreException">The id is malformed, or is of another image that has labels.</exception>
    public Task AddImageAsync(string id, string extension, string incoming, JsonObject info, CancellationToken cancellation = default)
    {
        DatastoreName.Require(id, "image id");
        return ChangeAsync(
            async context =>
            {
                var row = await context.Images.Include(i => i.Labels).FirstOrDefaultAsync(i => i.Id == id, cancellation);
                if (row is not null && (row.Extension is null || (row.Labels.Count > 0 && !_volumes.SameContent(row, incoming, extension))))
                    throw new StudyStoreException(StoreFault.Conflict, "There is another image of this id already, with labels of its own. Upload under another id, or delete that image first.");
                row ??= context.Images.Add(new ImageRow { Id = id }).Entity;
                row.Replaces = row.Extension == extension ? null : row.Extension;
                row.Extension = extension;
                row.Info = info.ToJsonString();
                row.Incoming = Path.GetFileName(incoming);
                await context.SaveChangesAsync(CancellationToken.None);
                _volumes.Place(row);
                await context.SaveChangesAsync(CancellationToken.None);
                await _projection.UpdateAsync(row);
            },
            cancellation);
    }

    /// <summary>Forgets an image and its labels, and deletes their files.</summary>
    /// <exception cref="StudyStoreException">There is none.</exception>
    public Task RemoveImageAsync(string id, CancellationToken cancellation = default) => ChangeAsync(
        async context =>
        {
            var row = await RequireAsync(context, id, cancellation);
            foreach (var label in row.Labels)
                File.Delete(LayoutOf(row).LabelPath(id, label.Tag, label.Extension));
            if (row.Extension is { } extension)
                File.Delete(_volumes.ImagePath(id, extension));
            context.Remove(row);
            await context.Holds.Where(h => h.ImageId == id).ExecuteDeleteAsync(CancellationToken.None);
            await context.SaveChangesAsync(CancellationToken.None);
            if (row.Extension is not null)
                await _projection.RemoveAsync(id);
        },
        cancellation);

    /// <summary>Changes what is known of an image; a series gets a record where it has none.</summary>
    /// <exception cref="StudyStoreException">There is no such volume.</exception>
    public Task ChangeImageInfoAsync(string id, bool isSeries, Action<JsonObject> change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return ChangeAsync(
            async context =>
            {
                var row = isSeries ? await FindOrAddSeriesAsync(context, id, cancellation) : await RequireAsync(context, id, cancellation);
                row.Info = Changed(row.Info, change);
                await context.SaveChangesAsync(CancellationToken.None);
                await _projection.UpdateAsync(row);
            },
            cancellation);
    }

    /// <summary>Takes a label in; it replaces file and record of the same tag.</summary>
    /// <param name="imageId">The image's id.</param>
    /// <param name="isSeries">Whether the image is a series, which needs no record of its own yet.</param>
    /// <param name="tag">What kind of label it is.</param>
    /// <param name="extension">The file's extension.</param>
    /// <param name="incoming">From <see cref="NewIncomingPath"/>; it is moved.</param>
    /// <param name="info">What is to be known of it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>What was known of the label that it replaces; null for none.</returns>
    public async Task<JsonObject?> SaveLabelAsync(
        string imageId, bool isSeries, string tag, string extension, string incoming, JsonObject info, CancellationToken cancellation = default)
    {
        DatastoreName.Require(tag, "tag");
        JsonObject? former = null;
        await ChangeAsync(
            async context =>
            {
                var image = isSeries ? await FindOrAddSeriesAsync(context, imageId, cancellation) : await RequireAsync(context, imageId, cancellation);
                var row = image.Labels.Find(label => label.Tag == tag);
                if (row is null)
                {
                    row = new LabelRow { ImageId = imageId, Tag = tag, Extension = extension };
                    image.Labels.Add(row);
                }
                else
                {
                    former = Parse(row.Info);
                }

                row.Replaces = row.Extension == extension ? null : row.Extension;
                row.Extension = extension;
                row.Info = info.ToJsonString();
                row.Incoming = Path.GetFileName(incoming);
                await context.SaveChangesAsync(CancellationToken.None);
                LayoutOf(image).Place(row);
                await context.SaveChangesAsync(CancellationToken.None);
                if (tag == DatastoreLabel.Final)
                    await context.Holds.Where(h => h.ImageId == imageId).ExecuteDeleteAsync(CancellationToken.None);
                await _projection.UpdateAsync(image);
            },
            cancellation);
        return former;
    }

    /// <summary>Changes what is known of a label.</summary>
    /// <exception cref="StudyStoreException">There is none.</exception>
    public Task ChangeLabelInfoAsync(string imageId, string tag, Action<JsonObject> change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return ChangeAsync(
            async context =>
            {
                var image = await RequireAsync(context, imageId, cancellation);
                var row = image.Labels.Find(label => label.Tag == tag)
                    ?? throw new StudyStoreException(StoreFault.NotFound, "The image has no label of this tag. Save one first.");
                row.Info = Changed(row.Info, change);
                await context.SaveChangesAsync(CancellationToken.None);
                await _projection.UpdateAsync(image);
            },
            cancellation);
    }

    /// <summary>Deletes a label.</summary>
    /// <returns>What was known of it; null where there was none.</returns>
    public async Task<JsonObject?> RemoveLabelAsync(string imageId, string tag, CancellationToken cancellation = default)
    {
        JsonObject? former = null;
        await ChangeAsync(
            async context =>
            {
                var row = await context.Labels.Include(l => l.Image).ThenInclude(i => i.Labels).FirstOrDefaultAsync(l => l.ImageId == imageId && l.Tag == tag, cancellation);
                if (row is null)
                    return;
                former = Parse(row.Info);
                File.Delete(LayoutOf(row.Image).LabelPath(imageId, tag, row.Extension));
                var image = row.Image;
                context.Remove(row);
                await context.SaveChangesAsync(CancellationToken.None);
                await _projection.UpdateAsync(image, removedTag: tag);
            },
            cancellation);
        return former;
    }

    public void Dispose()
    {
        Holds.Dispose();
        _database.Dispose();
        _change.Dispose();
    }

    private async Task RecoverAsync(string documentChecksum, CancellationToken cancellation)
    {
        await using (var context = _database.NewContext())
        {
            foreach (var row in await context.Images.Where(i => i.Incoming != null).ToListAsync(cancellation))
                _volumes.Place(row);
            foreach (var row in await context.Labels.Include(l => l.Image).Where(l => l.Incoming != null).ToListAsync(cancellation))
                LayoutOf(row.Image).Place(row);
            await context.SaveChangesAsync(cancellation);
        }

        _volumes.ClearIncoming();
        _series.ClearIncoming();
        await _projection.ImportAsync(documentChecksum, cancellation);
        await _scan.RunAsync(cancellation);
    }

    private async Task ChangeAsync(Func<DatastoreContext, Task> change, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            await using var context = _database.NewContext();
            await change(context);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StudyStoreException(StoreFault.ReadOnly, $"The datastore's folder cannot be written to: {e.Message}", e);
        }
        finally
        {
            _change.Release();
        }
    }

    private static async Task<ImageRow> RequireAsync(DatastoreContext context, string id, CancellationToken cancellation) =>
        await context.Images.Include(i => i.Labels).FirstOrDefaultAsync(i => i.Id == id, cancellation)
        ?? throw new StudyStoreException(StoreFault.NotFound, "There is no image of this id. List them at /datastore/?output=all.");

    private static async Task<ImageRow> FindOrAddSeriesAsync(DatastoreContext context, string id, CancellationToken cancellation) =>
        await context.Images.Include(i => i.Labels).FirstOrDefaultAsync(i => i.Id == id, cancellation)
        ?? context.Images.Add(new ImageRow { Id = DatastoreName.Require(id, "image id") }).Entity;

    private DatastoreLayout LayoutOf(ImageRow image) => image.Extension is null ? _series : _volumes;

    private DatastoreImage? Describe(ImageRow row)
    {
        var path = row.Extension is { } extension ? _volumes.ImagePath(row.Id, extension) : null;
        if (path is not null && !File.Exists(path))
            return null;
        var labels = row.Labels
            .OrderBy(label => label.Tag, StringComparer.Ordinal)
            .Select(label => new DatastoreLabel(label.Tag, label.Extension, LayoutOf(row).LabelPath(row.Id, label.Tag, label.Extension), Parse(label.Info)))
            .Where(label => File.Exists(label.Path));
        return new(row.Id, row.Extension, path, Parse(row.Info), [.. labels]);
    }

    private static string Changed(string info, Action<JsonObject> change)
    {
        var parsed = Parse(info);
        change(parsed);
        return parsed.ToJsonString();
    }

    private static JsonObject Parse(string info) => (JsonObject)JsonNode.Parse(info)!;
}
