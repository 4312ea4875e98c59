using MedSam2.Server.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel.Batch;

/// <summary>Chooses the images of a batch.</summary>
internal sealed class BatchImages(ImageCatalog catalog)
{
    /// <summary>The ids, in their order.</summary>
    public async Task<IReadOnlyList<string>> ChooseAsync(BatchRequest request, CancellationToken cancellation)
    {
        IEnumerable<string> chosen = request.Images is { } named ? named.Distinct(StringComparer.Ordinal) :
            from image in await catalog.ListAsync(cancellation)
            let labeled = image.IsCompleted || image.Record?.Label(request.Shared.LabelTag) is not null
            where request.Choice switch { BatchChoice.Labeled => labeled, BatchChoice.Unlabeled => !labeled, _ => true }
            select image.Id;
        return [.. request.Most > 0 ? chosen.Take(request.Most) : chosen];
    }
}
