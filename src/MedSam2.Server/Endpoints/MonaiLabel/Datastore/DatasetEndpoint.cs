using System.Globalization;
using System.IO.Compression;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel.Datastore;

/// <summary><c>GET /datastore/dataset</c>: all images with an approved label as one archive, packed on disk.</summary>
internal sealed class DatasetEndpoint(ImageCatalog catalog, ImageDownloads downloads)
{
    public async Task<IResult> HandleAsync(HttpRequest request, CancellationToken cancellation)
    {
        var limit = int.MaxValue;
        if (request.Query["limit_cases"].ToString() is { Length: > 0 } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit > 0))
            throw new ParameterException("'limit_cases' must be a number from 1.", "query", "limit_cases");
        var file = TemporaryFile.Create();
        try
        {
            await PackAsync(file, limit, cancellation);
            file.Position = 0;
            return new FileAnswer(file, MediaTypeNames.Application.Zip, "dataset.zip");
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private async Task PackAsync(Stream target, int limit, CancellationToken cancellation)
    {
        var training = new JsonArray();
        await using var zip = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, null, cancellation);
        foreach (var image in (await catalog.ListAsync(cancellation)).Where(image => image.Record?.Label(DatastoreLabel.Final) is not null).Take(limit))
        {
            var label = image.Record!.Label(DatastoreLabel.Final)!;
            var (imageName, labelName) = ($"image/{image.FileName}", $"label/{image.Id}{label.Extension}");
            await AddAsync(zip, imageName, (await downloads.FindAsync(image, cancellation)).FullName, cancellation);
            await AddAsync(zip, labelName, label.Path, cancellation);
            training.Add(new JsonObject { ["image"] = imageName, ["label"] = labelName, ["info"] = label.Info.DeepClone() });
        }

        var metadata = new JsonObject { ["name"] = "MedSAM-2", ["description"] = "Images with approved labels", ["numTraining"] = training.Count, ["training"] = training };
        await using var content = await zip.CreateEntry("metadata.json").OpenAsync(cancellation);
        await JsonSerializer.SerializeAsync(content, metadata, cancellationToken: cancellation);
    }

    private static async Task AddAsync(ZipArchive zip, string name, string path, CancellationToken cancellation)
    {
        // Volumes are mostly gzipped already.
        await using var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellation);
        await using var file = File.OpenRead(path);
        await file.CopyToAsync(entry, cancellation);
    }
}
