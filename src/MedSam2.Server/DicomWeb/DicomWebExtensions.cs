using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>The study store as a DICOMweb origin server (PS3.18) on <c>/dicom-web</c>.</summary>
public static class DicomWebExtensions
{
    /// <summary>The path under which viewers and archives find the store.</summary>
    public const string Path = "/dicom-web";

    /// <summary>Adds what the endpoints need. A <see cref="StudyStore"/> must be among the services too.</summary>
    public static void AddDicomWeb(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHttpContextAccessor();
    }

    /// <summary>Maps STOW-RS, QIDO-RS, WADO-RS and delete.</summary>
    public static void MapDicomWeb(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var group = app.MapGroup(Path).AddEndpointFilter<DicomWebErrors>();
        group.MapStore();
        group.MapQuery();
        group.MapRetrieve();
        group.MapMetadata();
        group.MapFrames();
        group.MapDelete();
    }
}
