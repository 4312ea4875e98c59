using MedSam2.Server.Configuration;
using MedSam2.Server.Demo;
using MedSam2.Server.Device;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Store;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Hosting;

/// <summary>What a person sees once the server is ready.</summary>
internal static class StartBlock
{
    public static async Task<string> DescribeAsync(WebApplication app, CancellationToken cancellation)
    {
        var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var model = app.Services.GetRequiredService<ModelHost>().Model;
        var url = app.Urls.First();
        return $"""

            MedSAM-2 server {ProductVersion.Text} (research only, not for clinical use)
              url      {string.Join("  ", app.Urls)}
              store    {await DescribeStoreAsync(app, options, cancellation)}
              model    {model.Name}{(options.Model is "" ? ", embedded, for trying out (another: --model)" : $", {options.ModelPath}")}
              device   {model.Device}

            Next: give {url} to a MONAI Label client (3D Slicer, OHIF), or open it in a browser.
            DICOMweb: {url}/dicom-web    Stop: Ctrl+C


            """;
    }

    private static async Task<string> DescribeStoreAsync(WebApplication app, ServerOptions options, CancellationToken cancellation)
    {
        // An archive is not asked: it may be away now, and there when it is needed.
        if (app.Services.GetRequiredService<IOptions<ArchiveOptions>>().Value is { IsConfigured: true } archive)
            return $"the archive {archive.Url}, cache and outbox in {options.DataFolder}";
        var series = await app.Services.GetRequiredService<StudyStore>().CountSeriesAsync(cancellation);
        var place = options.Studies is "" ? options.DataFolder : $"{Path.GetFullPath(options.Studies)} in place, results in {options.DataFolder}";
        if (app.Services.GetRequiredService<DemoStudyMaker>().State is DemoStudyState.Making)
            return $"{place} (empty: making the demo study, an abdominal CT phantom, which takes some seconds)";
        return series.Images == 0 && options.Studies is not ""
            ? $"{place} (no series: the folder holds no DICOM images)"
            : $"{place} ({series.Images} series, {series.Segmented} segmented)";
    }
}
