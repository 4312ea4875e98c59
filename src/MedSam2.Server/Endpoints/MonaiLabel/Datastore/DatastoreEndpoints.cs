using MedSam2.Server.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel.Datastore;

internal static class DatastoreEndpoints
{
    private static readonly string[] GetAndHead = ["GET", "HEAD"];

    public static void AddDatastore(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ImageCatalog>();
        builder.Services.AddSingleton<ImageDownloads>();
        builder.Services.AddSingleton<FileChecksums>();
        builder.Services.AddSingleton<LabelArchive>();
        builder.Services.AddSingleton<LabelKeeper>();
        builder.Services.AddSingleton<StoredLabels>();
        builder.Services.AddSingleton<UploadReader>();
        builder.Services.AddSingleton<DatastoreListEndpoint>();
        builder.Services.AddSingleton<ImageEndpoints>();
        builder.Services.AddSingleton<LabelEndpoints>();
        builder.Services.AddSingleton<DatasetEndpoint>();
    }

    /// <summary>Images and labels (MONAI Label's <c>/datastore</c>).</summary>
    public static void MapDatastore(this IEndpointRouteBuilder routes)
    {
        var datastore = routes.MapGroup("/datastore");
        datastore.MapGet("/", (HttpRequest request, DatastoreListEndpoint endpoint, CancellationToken stop) => endpoint.HandleAsync(request, stop));
        datastore.MapGet("/dataset", (HttpRequest request, DatasetEndpoint endpoint, CancellationToken stop) => endpoint.HandleAsync(request, stop));

        foreach (var path in new[] { "/", "/image" })
        {
            datastore.MapPut(path, (HttpContext context, ImageEndpoints endpoint, CancellationToken stop) => endpoint.UploadAsync(context, stop));
            datastore.MapDelete(path, (HttpRequest request, ImageEndpoints endpoint, CancellationToken stop) => endpoint.RemoveAsync(request, stop));
        }

        datastore.MapMethods("/image", GetAndHead, (HttpContext context, ImageEndpoints endpoint, CancellationToken stop) => endpoint.DownloadAsync(context, stop));
        datastore.MapGet("/image/info", (HttpRequest request, ImageEndpoints endpoint, CancellationToken stop) => endpoint.InfoAsync(request, stop));
        datastore.MapPut("/image/info", (HttpRequest request, ImageEndpoints endpoint, CancellationToken stop) => endpoint.ChangeInfoAsync(request, stop));

        datastore.MapMethods("/label", GetAndHead, (HttpContext context, LabelEndpoints endpoint, CancellationToken stop) => endpoint.DownloadAsync(context, stop));
        datastore.MapPut("/label", (HttpContext context, LabelEndpoints endpoint, CancellationToken stop) => endpoint.SaveAsync(context, stop));
        datastore.MapDelete("/label", (HttpRequest request, LabelEndpoints endpoint, CancellationToken stop) => endpoint.RemoveAsync(request, stop));
        datastore.MapGet("/label/info", (HttpRequest request, LabelEndpoints endpoint, CancellationToken stop) => endpoint.InfoAsync(request, stop));
        datastore.MapPut("/label/info", (HttpRequest request, LabelEndpoints endpoint, CancellationToken stop) => endpoint.ChangeInfoAsync(request, "info", stop));
        datastore.MapPut("/updatelabelinfo", (HttpRequest request, LabelEndpoints endpoint, CancellationToken stop) => endpoint.ChangeInfoAsync(request, "params", stop));
    }
}
