using System.Text.Json.Nodes;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel.Datastore;

/// <summary><c>GET /datastore/</c>: how much there is, or all of it, in the shape of <c>datastore_v2.json</c>.</summary>
internal sealed class DatastoreListEndpoint(ImageCatalog catalog)
{
    public async Task<IResult> HandleAsync(HttpRequest request, CancellationToken cancellation)
    {
        var output = request.Query["output"].ToString();
        if (request.Query.ContainsKey("output") && output is not ("stats" or "all" or "train"))
            throw new ParameterException($"'output' is '{output}', but can be stats, all or train.", "query", "output");
        var images = await catalog.ListAsync(cancellation);
        return JsonAnswer.Of(output switch
        {
            "all" => All(images),
            "train" => Train(images),
            _ => Stats(images),
        });
    }

    public static JsonObject Stats(IReadOnlyList<CatalogImage> images)
    {
        var tags = new JsonObject();
        foreach (var tag in images.SelectMany(image => image.Labels).GroupBy(label => label.Tag).OrderBy(tag => tag.Key, StringComparer.Ordinal))
            tags[tag.Key] = tag.Count();
        return new JsonObject { ["total"] = images.Count, ["completed"] = images.Count(image => image.IsCompleted), ["label_tags"] = tags };
    }

    private static JsonObject All(IReadOnlyList<CatalogImage> images)
    {
        var objects = new JsonObject();
        foreach (var image in images)
        {
            var labels = new JsonObject();
            foreach (var label in image.Labels)
                labels[label.Tag] = new JsonObject { ["ext"] = label.Extension, ["info"] = label.Info.DeepClone() };
            objects[image.Id] = new JsonObject
            {
                ["image"] = new JsonObject { ["ext"] = image.Extension, ["info"] = image.Info() },
                ["labels"] = labels,
            };
        }

        return new JsonObject
        {
            ["name"] = "MedSAM-2",
            ["description"] = "Images and their labels",
            ["images_dir"] = ".",
            ["labels_dir"] = "labels",
            ["objects"] = objects,
        };
    }

    /// <summary>Addresses below the server's own instead of its paths, which are nobody's business.</summary>
    private static JsonArray Train(IReadOnlyList<CatalogImage> images) =>
    [
        .. from image in images
           where image.Record?.Label(DatastoreLabel.Final) is not null
           let id = Uri.EscapeDataString(image.Id)
           select new JsonObject { ["image"] = $"/datastore/image?image={id}", ["label"] = $"/datastore/label?label={id}&tag={DatastoreLabel.Final}" },
    ];
}
