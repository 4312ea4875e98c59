using System.Text.Json.Nodes;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Segmentation;

/// <summary>Chooses the labelled image that shows what to look for.</summary>
internal sealed class Templates(ImageCatalog catalog, ImageLoader images, StoredLabels labels)
{
    /// <param name="imageId">An image that somebody asks for; null takes the one whose label was approved last.</param>
    /// <param name="except">The image that is to be segmented, which is no template for itself.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="RequestException">There is none.</exception>
    public async Task<Template> FindAsync(string? imageId, string? except, CancellationToken cancellation)
    {
        var image = imageId is null ? Newest(await catalog.ListAsync(cancellation), except) : await catalog.RequireAsync(imageId, cancellation);
        if (image?.Record?.Label(DatastoreLabel.Final) is not { } label)
        {
            throw new ParameterException(
                imageId is null
                    ? "No other image has an approved label yet, which would show what to look for: save one under the tag 'final' first."
                    : "The image of 'template' has no approved label: save one under the tag 'final' first.",
                "body", "params", "template");
        }

        var named = await labels.ReadAsync(image, label, cancellation);
        if (named.Names.Count == 0)
            throw new ParameterException("The label that would show what to look for is empty: name another image as 'template'.", "body", "params", "template");
        return new(image.Id, (await images.LoadAsync(image.Id, cancellation)).Volume, named);
    }

    private static CatalogImage? Newest(IReadOnlyList<CatalogImage> all, string? except) => all
        .Where(image => image.Id != except && image.Record?.Label(DatastoreLabel.Final) is { Extension: not ".json" })
        .MaxBy(image => image.Record!.Label(DatastoreLabel.Final)!.Info["ts"] is JsonValue value && value.TryGetValue(out long ts) ? ts : 0);
}
