using MedSam2.Server.Configuration;
using MedSam2.Server.Demo;
using MedSam2.Server.Hosting;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Store;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Studies;

/// <summary>Opens the study store and the datastore beside it before the first request.</summary>
internal sealed class ArchiveHost(IOptions<ServerOptions> options, IOptions<ArchiveOptions> archive) : IPrepare, IDisposable
{
    private StudyStore? _store;
    private ImageDatastore? _datastore;

    public StudyStore Store => _store ?? throw new InvalidOperationException("The archive is opened when the server starts.");

    public ImageDatastore Datastore => _datastore ?? throw new InvalidOperationException("The datastore is opened when the server starts.");

    /// <summary>Whether the store is to get the demo study: it is the server's own, and empty.</summary>
    public bool WantsDemoStudy { get; private set; }

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        try
        {
            _store = await StudyStore.OpenAsync(
                new StudyStoreOptions
                {
                    DataFolder = options.Value.DataFolder,
                    ServedFolder = options.Value.Studies is "" ? null : Path.GetFullPath(options.Value.Studies),
                },
                cancellation);
            var served = options.Value.Studies is "" ? null : Path.GetFullPath(options.Value.Studies);
            _datastore = await ImageDatastore.OpenAsync(_store.Root, served is not null && ImageDatastore.CanOpen(served) ? served : null, cancellation);
            WantsDemoStudy = options.Value.Studies is "" && !archive.Value.IsConfigured && await new DemoStudyStorage(_store).PrepareAsync(cancellation);
        }
        catch (StudyStoreException exception)
        {
            throw new StartUpException(exception.Message, exception);
        }
    }

    public void Dispose()
    {
        _datastore?.Dispose();
        _store?.Dispose();
    }
}
