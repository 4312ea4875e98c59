using MedSam2.Server.Configuration;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Hosting;

/// <summary>What a person sees once the server is ready.</summary>
internal static class StartBlock
{
    public static string Describe(WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var url = app.Urls.First();
        return $"""

            MedSAM-2 server {ProductVersion.Text} (research only, not for clinical use)
              url      {string.Join("  ", app.Urls)}
              store    {(options.Studies is "" ? options.DataFolder : $"{Path.GetFullPath(options.Studies)} (in place)")}
              model    {options.ModelPath}
              device   {options.Device}

            Next: give {url} to a MONAI Label client (3D Slicer, OHIF), or open it in a browser.
            DICOMweb: {url}/dicom-web    Stop: Ctrl+C


            """;
    }
}
