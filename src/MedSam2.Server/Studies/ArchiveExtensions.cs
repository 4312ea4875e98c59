using MedSam2.Server.Demo;
using MedSam2.Server.Hosting;
using MedSam2.Server.Studies.Remote;

namespace MedSam2.Server.Studies;

internal static class ArchiveExtensions
{
    /// <summary>The study store, open once the server answers; and where studies come from: an archive, if one is configured, else that store.</summary>
    public static void AddArchive(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ArchiveHost>();
        builder.Services.AddSingleton<IPrepare>(services => services.GetRequiredService<ArchiveHost>());
        builder.Services.AddSingleton(services => services.GetRequiredService<ArchiveHost>().Store);
        builder.Services.AddSingleton<DemoStudyMaker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DemoStudyMaker>());
        if (!builder.TryAddRemoteArchive())
            builder.Services.AddSingleton<IStudySource, EmbeddedStudies>();
        builder.Services.AddSingleton(services => services.GetRequiredService<ArchiveHost>().Datastore);
    }
}
