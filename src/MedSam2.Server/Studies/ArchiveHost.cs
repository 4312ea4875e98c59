using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using MedSam2.Studies.Store;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Studies;

/// <summary>Opens the study store before the first request.</summary>
internal sealed class ArchiveHost(IOptions<ServerOptions> options) : IPrepare, IDisposable
{
    private StudyStore? _store;

    public StudyStore Store => _store ?? throw new InvalidOperationException("The archive is opened when the server starts.");

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
        }
        catch (StudyStoreException exception)
        {
            throw new StartUpException(exception.Message, exception);
        }
    }

    public void Dispose() => _store?.Dispose();
}
