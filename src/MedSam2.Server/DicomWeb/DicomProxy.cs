namespace MedSam2.Server.DicomWeb;

/// <summary>
/// MONAI Label's DICOM proxy: the addresses that its OHIF plug-in asks, and stores segmentations at, are the study store's
/// own. Nothing is copied or sent on: the request is served under its other name, with its query and headers.
/// </summary>
internal static class DicomProxy
{
    private const string Path = "/proxy/dicom";

    private static readonly PathString[] Services = ["/wado", "/qido", "/stow"];

    /// <summary>Renames requests; what they ask for is looked up after that.</summary>
    public static void UseDicomProxy(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (context.Request.Path.StartsWithSegments(Path, out var rest))
                context.Request.Path = DicomWebExtensions.Path + WithoutService(rest);
            return next(context);
        });
        app.UseRouting();
    }

    private static PathString WithoutService(PathString path)
    {
        foreach (var service in Services)
        {
            if (path.StartsWithSegments(service, out var rest))
                return rest;
        }

        return path;
    }
}
