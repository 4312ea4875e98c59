using FellowOakDicom;
using MedSam2.Studies.DicomWebClient.Http;
using MedSam2.Studies.DicomWebClient.Retrieving;
using MedSam2.Studies.DicomWebClient.Searching;
using MedSam2.Studies.DicomWebClient.Storing;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Studies.DicomWebClient;

/// <summary>
/// A DICOMweb archive: search, retrieve, store (PS3.18 chapter 10). Every failure of the archive is an
/// <see cref="ArchiveException"/>. Safe for any number of threads.
/// </summary>
public sealed class ArchiveClient : IDisposable
{
    private readonly ArchiveSearch _search;
    private readonly ArchiveStore _store;

    /// <exception cref="ArgumentException">The options have faults.</exception>
    /// <exception cref="ArchiveException">A certificate cannot be read.</exception>
    public ArchiveClient(ArchiveOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.IsConfigured || ArchiveOptionsCheck.Faults(options) is { Count: > 0 })
            throw new ArgumentException(options.IsConfigured ? string.Join(" ", ArchiveOptionsCheck.Faults(options)) : "No archive is configured.", nameof(options));
        Options = options;
        Http = new ArchiveHttp(options, time);
        _search = new ArchiveSearch(Http, options);
        _store = new ArchiveStore(Http, _search, options, time ?? TimeProvider.System);
        Retrieval = new ArchiveRetrieval(Http, options);
    }

    public ArchiveOptions Options { get; }

    public ArchiveHttp Http { get; }

    internal ArchiveRetrieval Retrieval { get; }

    /// <summary>All matches, page after page, each once.</summary>
    /// <exception cref="ArchiveException">The archive failed; or there are more matches than the settings allow.</exception>
    public async IAsyncEnumerable<DicomDataset> SearchAsync(StudyQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var match in _search.FindAsync(query, cancellationToken))
            yield return DicomJsonReader.ToDataset(match);
    }

    /// <summary>
    /// Stores instances, in as many requests as their sizes need; what the archive could not take for a passing reason is
    /// sent again, and only that.
    /// </summary>
    /// <returns>What became of each, in order. A failing archive is told here, not thrown.</returns>
    public Task<IReadOnlyList<SentInstance>> StoreAsync(IReadOnlyList<InstanceToSend> instances, CancellationToken cancellationToken = default) =>
        _store.SendAsync(instances, cancellationToken);

    /// <summary>The value that a BulkDataURI of the archive's metadata names.</summary>
    /// <param name="address">Absolute, and within the allowed archives.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="ArchiveException">It cannot be had.</exception>
    public Task<byte[]> ReadBulkDataAsync(Uri address, CancellationToken cancellationToken = default) => Retrieval.ReadBulkDataAsync(address, cancellationToken);

    public void Dispose() => Http.Dispose();
}
