using MedSam2.Server.Configuration;
using MedSam2.Server.Demo;
using MedSam2.Server.Hosting;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Store;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Studies;

/// <summary>Opens the study store and the datastore beside it before the first request; an empty one gets the demo study.</summary>
internal sealed class ArchiveHost(IOptions<ServerOptions> options, IOptions<ArchiveOptions> archive) : IPrepare, IDisposable
{
    private StudyStore? _store;
    private ImageDatastore? _datastore;

    public StudyStore Store => _store ?? throw new InvalidOperationException("The archive is opened when the server starts.");

    public ImageDatastore Datastore => _datastore ?? throw new InvalidOperationException("The datastore is opened when the server starts.");

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
            if (options.Value.Studies is "" && !archive.Value.IsConfigured && _store.Found.Instances == 0)
                await StoreDemoStudyAsync(_store, cancellation);
        }
        catch (StudyStoreException exception)
        {
            throw new StartUpException(exception.Message, exception);
        }
    }

    /// <summary>Something to try the server with, all of it or nothing.</summary>
    private static async Task StoreDemoStudyAsync(StudyStore store, CancellationToken cancellation)
    {
        await using var batch = store.BeginBatch();
        foreach (var instance in DemoStudy.Create(cancellation: cancellation).Instances())
        {
            using var content = new MemoryStream();
            await instance.SaveAsync(content);
            content.Position = 0;
            await batch.AddAsync(content, study: null, cancellation);
        }

        await batch.CommitAsync(cancellation);
    }

    public void Dispose()
    {
        _datastore?.Dispose();
        _store?.Dispose();
    }
}
