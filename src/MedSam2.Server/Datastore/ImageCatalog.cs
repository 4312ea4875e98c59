using MedSam2.Server.Errors;
using MedSam2.Server.Studies;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Datastore;

/// <summary>All images that can be labelled, whether they lie in the archive or in the datastore.</summary>
internal sealed class ImageCatalog(IStudySource studies, ImageDatastore datastore)
{
    /// <summary>Every image, by its id.</summary>
    public async Task<IReadOnlyList<CatalogImage>> ListAsync(CancellationToken cancellation)
    {
        var series = await studies.ListSeriesAsync(null, cancellation);
        var records = (await datastore.ListAsync(cancellation)).ToDictionary(record => record.Id, StringComparer.Ordinal);
        var images = series.Select(s => new CatalogImage(s.SeriesInstanceUid, s, records.GetValueOrDefault(s.SeriesInstanceUid)));
        var volumes = records.Values.Where(record => record.Extension is not null).Select(record => new CatalogImage(record.Id, null, record));
        return [.. images.Concat(volumes).DistinctBy(image => image.Id).OrderBy(image => image.Id, StringComparer.Ordinal)];
    }

    public async Task<CatalogImage?> FindAsync(string id, CancellationToken cancellation)
    {
        if (!DatastoreName.IsValid(id))
            return null;
        var record = await datastore.FindAsync(id, cancellation);
        if (record?.Extension is not null)
            return new(id, null, record);
        var series = await studies.ListSeriesAsync(id, cancellation);
        return series is [var first, ..] ? new(id, first, record) : null;
    }

    /// <exception cref="RequestException">There is no such image.</exception>
    public async Task<CatalogImage> RequireAsync(string id, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) ?? throw RequestException.NotFound("There is no image of this id. List them at /datastore/?output=all.");
}
