using System.Text.Json;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Demo;
using MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;
using MedSam2.Server.Endpoints.MonaiLabel.Datastore;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary><c>GET /info/</c>: what clients build their panels from. Key names and shapes are the MONAI Label API's.</summary>
internal static class InfoEndpoint
{
    public static async Task<IResult> HandleAsync(
        IOptions<ServerOptions> options, ImageCatalog catalog, IEnumerable<TaskMethod> methods, TrainingStatistics statistics, DemoStudyMaker demo, CancellationToken cancellation)
    {
        var labels = options.Value.LabelNames;
        return Results.Json(new
        {
            name = "MedSAM-2",
            description = "Interactive segmentation of medical volumes. For research only.",
            version = ProductVersion.Text,
            labels,
            models = InferModel.All.ToDictionary(model => model.Name, model => new
            {
                type = model.Type,
                labels,
                dimension = model.Dimension,
                description = model.Description,
                config = model.Configuration(options.Value.Device, options.Value.CloserLook),
            }),
            trainers = methods.Where(method => method.Kind == TaskMethod.Train).ToDictionary(method => method.Name, method => new { description = method.Description, config = method.Configuration, labels }),
            strategies = SampleStrategy.All.ToDictionary(strategy => strategy.Name, strategy => new { description = strategy.Description }),
            scoring = methods.Where(method => method.Kind == TaskMethod.Scoring).ToDictionary(method => method.Name, method => new { description = method.Description, config = method.Configuration }),
            train_stats = await statistics.ReadAsync(cancellation),
            // Ours alone, beside the API's keys: none, making, stored or failed.
            demo_study = DemoStudyName(demo.State),
            datastore = DatastoreListEndpoint.Stats(await catalog.ListAsync(cancellation)),
        });
    }

    private static string DemoStudyName(DemoStudyState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
