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
    private static readonly TimeSpan CountsLast = TimeSpan.FromMinutes(5);

    private (SeriesCounts Counts, long Stamp)? _counts;

    public async Task<FoundSeries?> FindSeriesAsync(string seriesInstanceUid, CancellationToken cancellation)
    {
        if (await fetcher.FindAsync(seriesInstanceUid, cancellation) is not { } listing)
            return null;
        return new($"{seriesInstanceUid}/{listing.Fingerprint}", async stop =>
        {
            var fetched = await fetcher.FetchAsync(listing, stop);
            return new SeriesFiles(fetched.Paths, fetched);
        });
    }

    /// <exception cref="ArchiveException">This disk is full, so that nothing was kept.</exception>
    /// <exception cref="RequestException">The archive refuses the object for good. It is kept in the outbox's folder.</exception>
    public async Task<KeptObject> StoreAsync(DicomFile file, CancellationToken cancellation)
    {
        var kept = await outbox.KeepAsync(file, cancellation);
        var sent = await outbox.SendAsync(kept, cancellation);
        if (sent.IsStored)
            return new(kept.Key);
        return sent.MayPass
            ? new(kept.Key, string.Create(CultureInfo.InvariantCulture,
                $"{sent.Message} The segmentation is kept by this server, which sends it again every {client.Options.ResendSeconds} s; POST /archive/outbox/send does it now."))
            : throw new RequestException(StatusCodes.Status502BadGateway, $"{sent.Message} The segmentation is kept in the folder outbox/refused of this server's data folder.");
    }

    /// <summary>Counts by searching, and no more often than every few minutes: archives are large.</summary>
    public async Task<SeriesCounts> CountSeriesAsync(CancellationToken cancellation)
    {
        if (_counts is { } known && time.GetElapsedTime(known.Stamp) < CountsLast)
            return known.Counts;
        var images = 0;
        var segmented = new HashSet<string>(StringComparer.Ordinal);
        var query = new StudyQuery(QueryLevel.Series) { Include = [DicomTag.ReferencedSeriesSequence] };
        await foreach (var series in client.SearchAsync(query, cancellation))
        {
            var modality = series.GetSingleValueOrDefault(DicomTag.Modality, "");
            if (StudyStore.HoldsImages(modality))
                images++;
            // Only some archives tell of what a segmentation refers to in a search.
            if (modality == "SEG" && series.TryGetSequence(DicomTag.ReferencedSeriesSequence, out var referenced) && referenced.Items.Count > 0)
                segmented.Add(referenced.Items[0].GetSingleValueOrDefault(DicomTag.SeriesInstanceUID, ""));
        }

        var counts = new SeriesCounts(images, segmented.Count);
        _counts = (counts, time.GetTimestamp());
        return counts;
    }
}
