using MedSam2.Server.DicomWeb.PassThrough;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>The study store as a DICOMweb origin server (PS3.18) on <c>/dicom-web</c>.</summary>
internal static class DicomWebExtensions
{
    /// <summary>The path under which viewers and archives find the store.</summary>
    public const string Path = "/dicom-web";

    /// <summary>Maps STOW-RS, QIDO-RS, WADO-RS and delete onto the <see cref="StudyStore"/> among the services, or all of it onto the archive where there is one.</summary>
    public static void MapDicomWeb(this WebApplication app)
    {
        var group = app.MapGroup(Path);
        if (app.Services.GetService<ArchiveClient>() is { } archive)
        {
            group.MapPassThrough(archive);
            return;
        }

        group.MapStore();
        group.MapQuery();
        group.MapRetrieve();
        group.MapMetadata();
        group.MapFrames();
        group.MapRender();
        group.MapDelete();
    }
}
