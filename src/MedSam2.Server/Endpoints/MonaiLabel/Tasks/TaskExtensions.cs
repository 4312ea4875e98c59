using MedSam2.Server.Endpoints.MonaiLabel.Batch;
using MedSam2.Server.FineTuning;
using MedSam2.Server.Jobs;

namespace MedSam2.Server.Endpoints.MonaiLabel.Tasks;

internal static class TaskExtensions
{
    public static void AddTasks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TaskAnswer>();
        builder.Services.AddSingleton<TaskEndpoints>();
        builder.Services.AddSingleton<TrainingStatistics>();
        builder.Services.AddSingleton<BatchImages>();
        builder.Services.AddSingleton<BatchSegmenter>();
        builder.Services.AddSingleton<IJobKind, BatchKind>();
        builder.Services.AddSingleton<BatchEndpoint>();
    }

    /// <summary>Batch inference, training and scoring: work that goes on after its request.</summary>
    public static void MapTasks(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/batch/infer/{model}", (string model, HttpContext context, BatchEndpoint endpoint, CancellationToken stop) => endpoint.StartAsync(model, context, stop));
        MapTask(routes, "/batch/infer", BatchKind.KindName);
        MapTask(routes, "/train", TaskMethod.Train);
        routes.MapGet("/train/curves", (HttpContext context, TrainingCurves curves, CancellationToken stop) => curves.OfJobAsync(context, stop));
        routes.MapPost("/train/{model}", (string model, HttpContext context, TaskEndpoints tasks, CancellationToken stop) => tasks.StartAsync(TaskMethod.Train, "model", model, context, stop));
        routes.MapPost("/train/", (HttpContext context, TaskEndpoints tasks, CancellationToken stop) => tasks.StartAllAsync(TaskMethod.Train, "model", context, stop));
        MapTask(routes, "/scoring", TaskMethod.Scoring);
        routes.MapPost("/scoring/{method}", (string method, HttpContext context, TaskEndpoints tasks, CancellationToken stop) => tasks.StartAsync(TaskMethod.Scoring, "method", method, context, stop));
        routes.MapPost("/scoring/", (HttpContext context, TaskEndpoints tasks, CancellationToken stop) => tasks.StartAllAsync(TaskMethod.Scoring, "method", context, stop));
    }

    private static void MapTask(IEndpointRouteBuilder routes, string path, string kind)
    {
        routes.MapGet(path, (HttpRequest request, TaskEndpoints tasks, CancellationToken stop) => tasks.StatusAsync(kind, request, stop));
        routes.MapDelete(path, (TaskEndpoints tasks, CancellationToken stop) => tasks.StopAsync(kind, stop));
    }
}
