using MedSam2.Server.Errors;
using MedSam2.Server.FineTuning;

namespace MedSam2.Server.Endpoints.MonaiLabel.Server;

internal static class ServerEndpoints
{
    public static void AddServerEndpoints(this WebApplicationBuilder builder)
    {
        var tail = new LogTail();
        builder.Services.AddSingleton(tail);
        builder.Logging.AddProvider(tail);
        builder.Services.AddSingleton<ModelEndpoints>();
    }

    /// <summary>What MONAI Label tells of the server itself, and what this server has not.</summary>
    public static void MapServerEndpoints(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/logs/", LogEndpoints.Read);
        routes.MapGet("/logs/gpu", LogEndpoints.ReadGpuAsync);
        routes.MapGet("/model/info/{model}", (string model, ModelEndpoints endpoint, CancellationToken stop) => endpoint.InfoAsync(model, stop));
        routes.MapGet("/model/versions/{model}", (string model, ModelEndpoints endpoint) => endpoint.Versions(model));
        routes.MapGet("/model/curves/{model}", (string model, HttpContext context, TrainingCurves curves) => curves.OfVersion(model, context));
        routes.MapGet("/model/{model}", (string model, HttpContext context, ModelEndpoints endpoint, CancellationToken stop) => endpoint.DownloadAsync(model, context, stop));
        routes.MapPut("/model/{model}", (string model, HttpRequest request, ModelEndpoints endpoint, CancellationToken stop) => endpoint.UploadAsync(model, request, stop));
        routes.MapDelete("/model/{model}", (string model, ModelEndpoints endpoint, CancellationToken stop) => endpoint.RemoveAsync(model, stop));
        // There is nothing to load again: settings and models are read at start, images when they change.
        routes.MapPost("/reload", () => Results.Json(new { }));
        foreach (var pathology in new[] { "/infer/wsi/{model}", "/infer/wsi_v2/{model}" })
            routes.MapPost(pathology, IResult () => throw new RequestException(StatusCodes.Status501NotImplemented, "This server segments volumes, not whole-slide images: it has no pathology models."));
    }
}
