using MedSam2.Imaging.Formats;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Series;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Server.FineTuning;

/// <summary>The images that people have labelled, for training: read when their turn comes.</summary>
internal sealed class TrainingImages(ImageCatalog catalog, ImageLoader images, StoredLabels labels)
{
    private const string Patient = "PatientID";

    /// <summary>The approved labels that training can learn from, by image, each with what changes when it is saved again.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ListAsync(CancellationToken cancellation) =>
        (await catalog.ListAsync(cancellation)).Where(image => FinalOf(image) is not null).ToDictionary(image => image.Id, image => TimeOf(FinalOf(image)!));

    /// <param name="ids">Of labelled images; those that are gone meanwhile are left out.</param>
    /// <param name="cancellation">Ends the looking.</param>
    public async Task<IReadOnlyList<EvaluationCaseSource>> FindAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        var known = (await catalog.ListAsync(cancellation)).ToDictionary(image => image.Id, StringComparer.Ordinal);
        return [.. ids.Select(known.GetValueOrDefault).OfType<CatalogImage>().Where(image => FinalOf(image) is not null).Select(Source)];
    }

    private EvaluationCaseSource Source(CatalogImage image) => new(image.Id, stop => ReadAsync(image, stop).GetAwaiter().GetResult()) { Patient = PatientOf(image) };

    /// <exception cref="UnreadableCaseException">The image or its label is gone by now, or damaged.</exception>
    private async Task<EvaluationCase> ReadAsync(CatalogImage image, CancellationToken cancellation)
    {
        try
        {
            var volume = (await images.LoadAsync(image.Id, cancellation)).Volume;
            return new(image.Id, volume, (await labels.ReadAsync(image, FinalOf(image)!, cancellation)).Map);
        }
        catch (Exception exception) when (exception is RequestException or ImageFormatException or SeriesException or IOException)
        {
            // What the system says of a file names its place, which is nobody's business.
            throw new UnreadableCaseException($"{image.Id}: {(exception is IOException ? "its files cannot be read. Save the image and its label again." : exception.Message)}", exception);
        }
    }

    /// <summary>An uploaded volume whose uploader says nothing of its patient is a patient's own.</summary>
    private static string PatientOf(CatalogImage image)
    {
        if (image.Series is { PatientId: not "" } series)
            return series.PatientId;
        return image.Record?.Info[Patient] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue(out string? patient) && patient is not "" ? patient : image.Id;
    }

    // Boxes of pathology viewers are no voxels.
    private static DatastoreLabel? FinalOf(CatalogImage image) => image.Record?.Label(DatastoreLabel.Final) is { Extension: not ".json" } final ? final : null;

    private static long TimeOf(DatastoreLabel label) => label.Info["ts"] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue(out long time) ? time : 0;
}
