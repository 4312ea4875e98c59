using System.Globalization;
using FellowOakDicom;
using MedSam2.Server.Errors;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.DicomWebClient.Retrieving;
using MedSam2.Studies.DicomWebClient.Storing;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Server.Studies.Remote;

/// <summary>An archive that speaks DICOMweb as a source of studies.</summary>
internal sealed class RemoteStudies(ArchiveClient client, SeriesFetcher fetcher, Outbox outbox, TimeProvider time) : IStudySource
{
    private static readonly TimeSpan ListsLast = TimeSpan.FromMinutes(5);

    private (IReadOnlyList<ImageSeries> Series, long Stamp)? _listed;

    public async Task<FoundSeries?> FindSeriesAsync(string seriesInstanceUid, CancellationToken cancellation)
    {
        if (await fetcher.FindAsync(seriesInstanceUid, cancellation) is not { } listing)
            return null;
        return new(
            $"{seriesInstanceUid}/{listing.Fingerprint}",
            async stop =>
            {
                var fetched = await fetcher.FetchAsync(listing, stop);
                return new SeriesFiles(fetched.Paths, fetched);
            },
            IsRemote: true);
    }

    /// <exception cref="ArchiveException">The archive failed.</exception>
    public async Task<DicomFile?> FindInstanceAsync(string studyInstanceUid, string sopInstanceUid, CancellationToken cancellation)
    {
        if (!DicomUidText.IsValid(sopInstanceUid))
            return null;
        if (await outbox.ReadAsync(sopInstanceUid, cancellation) is { } waiting)
            return await OpenAsync(waiting);
        var query = new StudyQuery(QueryLevel.Instance)
        {
            StudyInstanceUid = studyInstanceUid,
            Filters = [new(DicomTag.SOPInstanceUID, sopInstanceUid)],
            Include = [DicomTag.SeriesInstanceUID],
        };
        await foreach (var match in client.SearchAsync(query, cancellation))
        {
            // An archive that does not know the filter answers everything: only an exact match counts.
            if (Text(match, DicomTag.SOPInstanceUID) != sopInstanceUid || Text(match, DicomTag.SeriesInstanceUID) is not { Length: > 0 } series)
                continue;
            using var fetched = await fetcher.FetchInstanceAsync(new InstanceKey(studyInstanceUid, series, sopInstanceUid), cancellation);
            return await OpenAsync(await File.ReadAllBytesAsync(fetched.Paths[0], cancellation));
        }

        return null;

        static Task<DicomFile> OpenAsync(byte[] content) => DicomFile.OpenAsync(new MemoryStream(content));
    }

    /// <exception cref="ArchiveException">This disk is full, so that nothing was kept.</exception>
    /// <exception cref="RequestException">The archive refuses the object for good. It is kept in the outbox's folder.</exception>
    public async Task<KeptObject> StoreAsync(DicomFile file, CancellationToken cancellation)
    {
        var kept = await outbox.KeepAsync(file, cancellation);
        var sent = await outbox.SendAsync(kept, cancellation);
        _listed = null;
        if (sent.IsStored)
            return new(kept.Key);
        return sent.MayPass
            ? new(kept.Key, string.Create(CultureInfo.InvariantCulture,
                $"{sent.Message} The segmentation is kept by this server, which sends it again every {client.Options.ResendSeconds} s; POST /archive/outbox/send does it now."))
            : throw new RequestException(StatusCodes.Status502BadGateway, $"{sent.Message} The segmentation is kept in the folder outbox/refused of this server's data folder.");
    }

    /// <summary>Lists by searching, and all of it no more often than every few minutes: archives are large.</summary>
    public async Task<IReadOnlyList<ImageSeries>> ListSeriesAsync(string? seriesInstanceUid, CancellationToken cancellation)
    {
        if (_listed is { } known && time.GetElapsedTime(known.Stamp) < ListsLast)
        {
            var found = seriesInstanceUid is null ? known.Series : [.. known.Series.Where(series => series.SeriesInstanceUid == seriesInstanceUid)];
            if (seriesInstanceUid is null || found.Count > 0)
                return found;
        }

        if (seriesInstanceUid is not null && !DicomUidText.IsValid(seriesInstanceUid))
            return [];
        var images = new List<ImageSeries>();
        var segmented = new HashSet<string>(StringComparer.Ordinal);
        var query = new StudyQuery(QueryLevel.Series)
        {
            Filters = seriesInstanceUid is null ? [] : [new(DicomTag.SeriesInstanceUID, seriesInstanceUid)],
            Include = [DicomTag.ReferencedSeriesSequence, DicomTag.PatientID, DicomTag.StudyDate, DicomTag.StudyTime],
        };
        await foreach (var series in client.SearchAsync(query, cancellation))
        {
            var modality = Text(series, DicomTag.Modality);
            if (StudyStore.HoldsImages(modality))
                images.Add(Describe(series, modality));
            // Only some archives tell of what a segmentation refers to in a search.
            if (modality == "SEG" && series.TryGetSequence(DicomTag.ReferencedSeriesSequence, out var referenced) && referenced.Items.Count > 0)
                segmented.Add(Text(referenced.Items[0], DicomTag.SeriesInstanceUID));
        }

        if (seriesInstanceUid is not null)
            return [.. images.Where(series => series.SeriesInstanceUid == seriesInstanceUid)];
        ImageSeries[] listed = [.. images.Select(series => series with { IsSegmented = segmented.Contains(series.SeriesInstanceUid) })];
        _listed = (listed, time.GetTimestamp());
        return listed;
    }

    public Task DeleteAsync(InstanceKey key, CancellationToken cancellation) =>
        throw new StudyStoreException(StoreFault.ReadOnly, "What lies in the archive is deleted there, not by this server.");

    public async Task<SeriesCounts> CountSeriesAsync(CancellationToken cancellation)
    {
        var series = await ListSeriesAsync(null, cancellation);
        return new(series.Count, series.Count(image => image.IsSegmented));
    }

    private static ImageSeries Describe(DicomDataset series, string modality) => new()
    {
        StudyInstanceUid = Text(series, DicomTag.StudyInstanceUID),
        SeriesInstanceUid = Text(series, DicomTag.SeriesInstanceUID),
        Modality = modality,
        PatientId = Text(series, DicomTag.PatientID),
        StudyDate = Text(series, DicomTag.StudyDate),
        StudyTime = Text(series, DicomTag.StudyTime),
        IsSegmented = false,
    };

    private static string Text(DicomDataset dataset, DicomTag tag) => dataset.GetSingleValueOrDefault(tag, "");
}
