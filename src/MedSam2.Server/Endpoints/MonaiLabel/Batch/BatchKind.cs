using System.Text.Json.Nodes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs;
using MedSam2.Server.Segmentation;
using MedSam2.Studies.Datastore;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.Batch;

/// <summary>
/// Batch inference: the images are chosen once, at the first run, and each is done once, however often the server goes down
/// meanwhile. An image that cannot be done is recorded with its reason, and the others go on.
/// </summary>
internal sealed class BatchKind(
    BatchImages images, BatchSegmenter segmenter, Templates templates, ImageCatalog catalog, LabelArchive archive, LabelKeeper keeper, IOptions<LimitOptions> limits) : IJobKind
{
    public const string KindName = "infer";

    // In a label's info: which job made it. A kill between saving and recording leaves this as the only trace.
    private const string JobKey = "job";

    public string Name => KindName;

    public async Task<JsonNode?> RunAsync(JobRun run, CancellationToken cancellation)
    {
        var request = BatchRequest.Read(run.Parameters, limits.Value.Points);
        var ids = await ChooseAsync(request, run, cancellation);
        var template = request.Model.IsOnePrompt && ids.Count > 0 ? await templates.FindAsync(request.Shared.Template ?? (string?)run.State!["template"], except: null, cancellation) : null;
        if (template is not null && run.State!["template"] is null)
            await run.SaveStateAsync(new JsonObject { ["images"] = run.State["images"]!.DeepClone(), ["template"] = template.ImageId });
        var items = await run.ForEachAsync(
            [.. ids.Where(id => id != template?.ImageId)], id => id, (id, stop) => SegmentAsync(request, id, template, run, stop), request.Workers, cancellation);
        return new JsonObject([.. items.Values.Select(item => KeyValuePair.Create(item.Item, item.Fault is null ? item.Result : new JsonObject { ["detail"] = item.Fault }))]);
    }

    private async Task<IReadOnlyList<string>> ChooseAsync(BatchRequest request, JobRun run, CancellationToken cancellation)
    {
        if (run.State?["images"] is JsonArray chosen)
            return [.. chosen.Select(id => id!.GetValue<string>())];
        var ids = await images.ChooseAsync(request, cancellation);
        await run.SaveStateAsync(new JsonObject { ["images"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) });
        run.Log($"{ids.Count} images for {request.Model.Name}, labels go to '{request.Shared.LabelTag}'.");
        return ids;
    }

    private async Task<JsonNode?> SegmentAsync(BatchRequest request, string id, Template? template, JobRun run, CancellationToken cancellation)
    {
        var image = await catalog.RequireAsync(id, cancellation);
        var tag = request.Shared.LabelTag;
        if (image.Record?.Label(tag) is { } made && made.Info[JobKey]?.GetValue<string>() == run.JobId)
            return Describe(id, tag, made.Info["params"]);

        var found = await segmenter.SegmentAsync(request, image, template, cancellation);
        if (found.IsEmpty)
            throw RequestException.BadRequest("Nothing was found in this image.");
        var description = new JsonObject
        {
            ["label_names"] = new JsonObject([.. found.Names.Select(pair => KeyValuePair.Create(pair.Value, (JsonNode?)pair.Key))]),
            ["latencies"] = new JsonObject { ["first_mask"] = found.FirstMask.TotalSeconds, ["infer"] = found.Total.TotalSeconds },
            ["slices"] = found.Slices,
        };
        if (request.Saves)
            await SaveAsync(request, image, found, description, run, cancellation);
        return Describe(id, tag, description);
    }

    private async Task SaveAsync(BatchRequest request, CatalogImage image, SegmentedLabels found, JsonObject description, JobRun run, CancellationToken cancellation)
    {
        var tag = request.Shared.LabelTag;
        var info = LabelInfo.Of(request.Model.Name, found.Names);
        info["params"] = description.DeepClone();
        info["client_id"] = run.Parameters["client_id"]?.DeepClone();
        info[JobKey] = run.JobId;
        var segmentation = image.IsSeries && tag == DatastoreLabel.Final ? await archive.ConvertAsync(image, found.Map, info, cancellation) : null;
        await keeper.SaveAsync(image.Id, image.IsSeries, tag, found.Map, info, run.User, segmentation, cancellation);
    }

    private static JsonObject Describe(string id, string tag, JsonNode? parameters) => new() { ["label"] = id, ["tag"] = tag, ["params"] = parameters?.DeepClone() };
}
