using MedSam2.Server.Hosting;

namespace MedSam2.Server.Studies;

internal static class ArchiveExtensions
{
    /// <summary>The study store, open once the server answers.</summary>
    public static void AddArchive(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ArchiveHost>();
        builder.Services.AddSingleton<IPrepare>(services => services.GetRequiredService<ArchiveHost>());
        builder.Services.AddSingleton(services => services.GetRequiredService<ArchiveHost>().Store);
    }
}
