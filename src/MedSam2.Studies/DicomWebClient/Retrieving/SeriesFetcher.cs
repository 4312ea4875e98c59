using System.Collections.Concurrent;
using FellowOakDicom;
using MedSam2.Studies.DicomWebClient.Cache;
using MedSam2.Studies.DicomWebClient.Searching;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>
/// Brings series of the archive to this disk: metadata first, which tell what is there and whether it has changed; then
/// only the instances that are not in the cache, all in one answer where most are missing, else one by one, and frame by
/// frame where the archive gives nothing else. Safe for any number of threads.
/// </summary>
public sealed class SeriesFetcher
{
    private readonly ArchiveRetrieval _retrieval;
    private readonly ArchiveSearch _search;
    private readonly ArchiveOptions _options;
    private readonly InstanceCache _cache;
    private readonly TimeProvider _time;
    private readonly FrameAssembly _frames;
    private readonly string _archive;
    private readonly ConcurrentDictionary<string, (SeriesListing Listing, long Stamp)> _listings = new(StringComparer.Ordinal);

    public SeriesFetcher(ArchiveClient client, InstanceCache cache, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _retrieval = client.Retrieval;
        _options = client.Options;
        _search = new ArchiveSearch(client.Http, client.Options);
        _cache = cache;
        _time = time ?? TimeProvider.System;
        _frames = new FrameAssembly(client.Retrieval, client.Options);
        _archive = client.Http.Addresses.Root.AbsoluteUri;
    }

    /// <summary>What the archive has of a series, or null where it has none. A recent answer is used again (setting CheckSeconds).</summary>
    /// <exception cref="ArchiveException">The archive failed.</exception>
    public async Task<SeriesListing?> FindAsync(string seriesInstanceUid, CancellationToken cancellationToken = default)
    {
        if (!DicomUidText.IsValid(seriesInstanceUid))
            return null;
        if (_listings.TryGetValue(seriesInstanceUid, out var known) && _time.GetElapsedTime(known.Stamp) < TimeSpan.FromSeconds(_options.CheckSeconds))
            return known.Listing;

        _listings.TryRemove(seriesInstanceUid, out _);
        if (await FindStudyAsync(seriesInstanceUid, cancellationToken) is not { } study)
            return null;
        var key = new InstanceKey(study, seriesInstanceUid);
        var instances = (await DescribeAsync(key, cancellationToken))
            .Select(json => new ListedInstance(DicomJsonReader.Text(json, DicomTags.Instance), MetadataFingerprint.Of(json)))
            .Where(instance => DicomUidText.IsValid(instance.SopInstanceUid))
            .DistinctBy(instance => instance.SopInstanceUid)
            .ToArray();
        if (instances.Length == 0)
            return null;
        var listing = new SeriesListing(key, instances, MetadataFingerprint.Of(instances));
        _listings[seriesInstanceUid] = (listing, _time.GetTimestamp());
        return listing;
    }

    /// <summary>The files of all instances of a series. Dispose it when they have been read.</summary>
    /// <exception cref="ArchiveException">The archive failed, or this disk is full. What has arrived stays in the cache, so another try goes on from there.</exception>
    public async Task<FetchedSeries> FetchAsync(SeriesListing listing, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(listing);
        var fetch = new Fetch(listing.Key);
        try
        {
            foreach (var instance in listing.Instances)
            {
                if (_cache.TryUse(CacheKey(listing.Key, instance)) is { } cached)
                    fetch.Have.Add(cached);
                else
                    fetch.Missing.TryAdd(instance.SopInstanceUid, instance);
            }

            if (fetch.Missing.Count > 1 && fetch.Missing.Count * 2 >= listing.Instances.Count)
                await FetchTogetherAsync(fetch, cancellationToken);
            await Parallel.ForEachAsync(
                fetch.Missing.Values.ToArray(),
                new ParallelOptions { MaxDegreeOfParallelism = _options.Connections, CancellationToken = cancellationToken },
                async (instance, stop) => await FetchOneAsync(fetch, instance, stop));
            return new FetchedSeries(fetch.Have);
        }
        catch (Exception e)
        {
            new FetchedSeries(fetch.Have).Dispose();
            if (DiskFault.Is(e))
                throw new ArchiveException(ArchiveFault.NoSpace, "An instance of the archive could not be written to this disk. Free some space, or name another data folder; then try again.", e);
            throw;
        }
    }

    /// <summary>The file of one instance, whatever else its series holds. Dispose it when it has been read.</summary>
    /// <exception cref="ArchiveException">The archive failed or has no such instance, or this disk is full.</exception>
    public async Task<FetchedSeries> FetchInstanceAsync(InstanceKey key, CancellationToken cancellationToken = default)
    {
        var series = new InstanceKey(key.StudyInstanceUid, key.SeriesInstanceUid);
        var described = (await DescribeAsync(key, cancellationToken)).FirstOrDefault(json => DicomJsonReader.Text(json, DicomTags.Instance) == key.SopInstanceUid);
        if (described.ValueKind is System.Text.Json.JsonValueKind.Undefined)
            throw new ArchiveException(ArchiveFault.NotFound, "The archive does not describe the instance that it found. Check the archive's index.");
        var fingerprint = MetadataFingerprint.Of(described);
        return await FetchAsync(new SeriesListing(series, [new(key.SopInstanceUid!, fingerprint)], fingerprint), cancellationToken);
    }

    private async Task<string?> FindStudyAsync(string series, CancellationToken cancellationToken)
    {
        var query = new StudyQuery(QueryLevel.Series) { Filters = [new(DicomTag.SeriesInstanceUID, series)] };
        // An archive that does not know the filter answers everything: only an exact match counts.
        await foreach (var match in _search.FindAsync(query, cancellationToken))
        {
            if (DicomJsonReader.Text(match, DicomTags.Series) == series && DicomJsonReader.Text(match, DicomTags.Study) is var study && DicomUidText.IsValid(study))
                return study;
        }

        return null;
    }

    private async Task<IReadOnlyList<System.Text.Json.JsonElement>> DescribeAsync(InstanceKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await _retrieval.ReadMetadataAsync(key, cancellationToken);
        }
        catch (ArchiveException e) when (e.Fault is ArchiveFault.NoSuitableForm or ArchiveFault.NotFound)
        {
            // No metadata resource: a search tells less, but enough to know what to fetch.
            var query = new StudyQuery(QueryLevel.Instance) { StudyInstanceUid = key.StudyInstanceUid, SeriesInstanceUid = key.SeriesInstanceUid };
            var found = new List<System.Text.Json.JsonElement>();
            await foreach (var match in _search.FindAsync(query, cancellationToken))
                found.Add(match);
            return found;
        }
    }

    /// <summary>One answer with all instances. Where it is refused or breaks, the rest is fetched one by one.</summary>
    private async Task FetchTogetherAsync(Fetch fetch, CancellationToken cancellationToken)
    {
        try
        {
            await _retrieval.ReadInstancesAsync(fetch.Key, async part => Keep(fetch, await SaveAsync(part.Content, cancellationToken)), cancellationToken);
        }
        catch (ArchiveException e) when (e.Fault is ArchiveFault.NoSuitableForm or ArchiveFault.BadAnswer or ArchiveFault.Unreachable or ArchiveFault.Failed or ArchiveFault.TooLarge)
        {
            // Nothing is hidden: each instance that is still missing is asked for now, and tells its own fault.
        }
    }

    private async Task FetchOneAsync(Fetch fetch, ListedInstance instance, CancellationToken cancellationToken)
    {
        var key = new InstanceKey(fetch.Key.StudyInstanceUid, fetch.Key.SeriesInstanceUid, instance.SopInstanceUid);
        try
        {
            await _retrieval.ReadInstancesAsync(key, async part => Keep(fetch, await SaveAsync(part.Content, cancellationToken)), cancellationToken);
        }
        catch (ArchiveException e) when (e.Fault == ArchiveFault.NoSuitableForm)
        {
            var file = await _frames.ReadAsync(key, cancellationToken);
            var path = _cache.NewFile();
            await file.SaveAsync(path);
            Keep(fetch, path);
        }

        if (fetch.Missing.ContainsKey(instance.SopInstanceUid))
            throw new ArchiveException(ArchiveFault.BadAnswer, "The archive answers another instance than the one asked for, or none. Check the archive's index.");
    }

    private async Task<string> SaveAsync(Stream content, CancellationToken cancellationToken)
    {
        var path = _cache.NewFile();
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await content.CopyToAsync(file, cancellationToken);
            return path;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private void Keep(Fetch fetch, string path)
    {
        try
        {
            if (fetch.Missing.TryRemove(SopInstanceUidOf(path), out var instance))
                fetch.Have.Add(_cache.Add(CacheKey(fetch.Key, instance), path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string SopInstanceUidOf(string path)
    {
        try
        {
            var file = DicomFile.Open(path, FileReadOption.ReadLargeOnDemand);
            if (!file.IsPartial && file.Dataset.TryGetString(DicomTag.SOPInstanceUID, out var uid) && uid is not null)
                return uid.Trim(' ', '\0');
        }
        catch (DicomException e)
        {
            throw new ArchiveException(ArchiveFault.BadAnswer, "The archive's answer holds a part that is not DICOM. Check that the setting Url is its DICOMweb root.", e);
        }

        throw new ArchiveException(ArchiveFault.BadAnswer, "The archive's answer holds an instance that is cut short or has no UID. Try again; then check the instance in the archive.");
    }

    private string CacheKey(InstanceKey key, ListedInstance instance) =>
        $"{_archive} {key.StudyInstanceUid} {key.SeriesInstanceUid} {instance.SopInstanceUid} {instance.Fingerprint}";

    private sealed class Fetch(InstanceKey key)
    {
        public InstanceKey Key { get; } = key;

        public ConcurrentBag<CachedInstance> Have { get; } = [];

        public ConcurrentDictionary<string, ListedInstance> Missing { get; } = new(StringComparer.Ordinal);
    }
}
