using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.DicomWebClient.Cache;
using MedSam2.Studies.DicomWebClient.Retrieving;
using MedSam2.Studies.DicomWebClient.Storing;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Studies.Remote;

internal static class RemoteArchiveExtensions
{
    /// <summary>The archive of the settings as the source of studies; without one, nothing.</summary>
    /// <returns>Whether there is one.</returns>
    public static bool TryAddRemoteArchive(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<ArchiveOptions>, ArchiveOptionsValidator>();
        services.AddOptions<ArchiveOptions>().BindConfiguration(ArchiveOptionsValidator.Section).ValidateOnStart();
        if (string.IsNullOrEmpty(builder.Configuration[$"{ArchiveOptionsValidator.Section}:{nameof(ArchiveOptions.Url)}"]))
            return false;

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Start(() => new ArchiveClient(provider.GetRequiredService<IOptions<ArchiveOptions>>().Value)));
        services.AddSingleton(provider => Start(() => new InstanceCache(
            Folder(provider, "archive-cache"), (long)provider.GetRequiredService<IOptions<ArchiveOptions>>().Value.CacheMegabytes << 20)));
        services.AddSingleton(provider => Start(() => new Outbox(provider.GetRequiredService<ArchiveClient>(), Folder(provider, "outbox"))));
        services.AddSingleton<SeriesFetcher>();
        services.AddSingleton<IStudySource, RemoteStudies>();
        services.AddHostedService<OutboxSender>();
        return true;
    }

    private static string Folder(IServiceProvider services, string name) => Path.Combine(services.GetRequiredService<IOptions<ServerOptions>>().Value.DataFolder, name);

    /// <summary>What fails here fails when the server starts, and is told in one line.</summary>
    private static T Start<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (ArchiveException e)
        {
            throw new StartUpException(e.Message, e);
        }
    }
}
