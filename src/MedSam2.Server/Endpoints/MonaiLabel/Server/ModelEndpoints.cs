using MedSam2.Server.Datastore;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel.Server;

/// <summary><c>/model</c>: the weights that the listed models run on.</summary>
internal sealed class ModelEndpoints(ModelHost host, FileChecksums checksums)
{
    public async Task<IResult> InfoAsync(string model, CancellationToken cancellation)
    {
        var file = Weights(model);
        return Results.Json(new
        {
            checksum = await checksums.OfAsync(file.FullName, cancellation),
            modified_time = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeSeconds(),
        });
    }

    public async Task<IResult> DownloadAsync(string model, HttpContext context, CancellationToken cancellation)
    {
        var file = Weights(model);
        return StoredFileAnswer.Create(context, file.FullName, model + file.Extension, await checksums.OfAsync(file.FullName, cancellation));
    }

    private FileInfo Weights(string model)
    {
        InferModel.Require(model);
        var path = host.Versions.PathOf(host.Version);
        if (!Directory.Exists(path))
            return new FileInfo(path);
        var files = new DirectoryInfo(path).GetFiles();
        return Array.Find(files, file => file.Extension is ".safetensors") ?? Array.Find(files, file => file.Extension is ".pt")
            ?? throw RequestException.NotFound("The model's folder has no weights file any more.");
    }
}
