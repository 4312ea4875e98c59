using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Models.Versions;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.Server;

/// <summary>
/// <c>/model</c>: the weights that the listed models run on; all of them run on the same ones. Others that are put become a
/// version of the network and are served from then on; deleting sets that version aside and serves the one before it again.
/// What is open keeps the network that it began with, in both cases.
/// </summary>
internal sealed class ModelEndpoints(ModelHost host, DeviceWorker device, UploadReader uploads, FileChecksums checksums, IOptions<ServerOptions> options, TimeProvider clock)
{
    private const string Part = "file", ConfigurationName = "config.yaml";

    private static readonly string[] Endings = [".safetensors", ".pt", ".pth"];

    public async Task<IResult> InfoAsync(string model, CancellationToken cancellation)
    {
        var file = Weights(model);
        return Results.Json(new
        {
            checksum = await checksums.OfAsync(file.FullName, cancellation),
            modified_time = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeSeconds(),
        });
    }

    /// <summary>The trained versions, oldest first, how each did against the one that it was compared with, and which one is served.</summary>
    public IResult Versions(string model)
    {
        InferModel.Require(model);
        return Results.Json(new VersionListing(host.Versions.Model, host.Version, host.Versions.List()), VersionJson.Default.VersionListing);
    }

    public async Task<IResult> DownloadAsync(string model, HttpContext context, CancellationToken cancellation)
    {
        var file = Weights(model);
        return StoredFileAnswer.Create(context, file.FullName, model + file.Extension, await checksums.OfAsync(file.FullName, cancellation));
    }

    public async Task<IResult> UploadAsync(string model, HttpRequest request, CancellationToken cancellation)
    {
        InferModel.Require(model);
        // On the disk that the versions are on.
        var folder = Path.Combine(options.Value.InstalledModels, $".incoming-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            using var form = await uploads.ReadAsync(request, () => Path.Combine(folder, $"{Guid.NewGuid():N}.part"), cancellation);
            var file = form.RequireFile(Part);
            var ending = Array.Find(Endings, known => file.FileName.EndsWith(known, StringComparison.OrdinalIgnoreCase))
                ?? throw new ParameterException($"The weights' file name must end with {string.Join(", ", Endings)}.", "body", Part);
            File.Move(file.Path, Path.Combine(folder, $"weights{ending}"));
            if (Sam2Weights.Find(host.Versions.PathOf(host.Version)).ConfigurationSource is var source && File.Exists(source))
                File.Copy(source, Path.Combine(folder, ConfigurationName));
            await CheckAsync(folder, cancellation);
            var version = host.Versions.Add(folder, steps: 0, images: 0, from: host.Version, comparison: null);
            await host.ServeAsync(version.Number, cancellation);
            return await InfoAsync(model, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public async Task<IResult> RemoveAsync(string model, CancellationToken cancellation)
    {
        InferModel.Require(model);
        var version = host.Version;
        if (version == 0)
            throw new RequestException(StatusCodes.Status409Conflict, "The weights that are served are those that the settings name, which are not this server's to delete: start it with another --model.");
        await host.ServeAsync(host.Versions.RollBack(), cancellation);
        host.Versions.SetAside(version, clock.GetUtcNow());
        return Results.Json(new { });
    }

    /// <summary>Every parameter of the network must be there in its shape, and nothing else.</summary>
    private async Task CheckAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            await device.RunAsync(
                DevicePriority.Batch,
                _ =>
                {
                    using var network = Sam2Weights.Find(folder).Load();
                    return true;
                },
                cancellation);
        }
        catch (Exception exception) when (exception is CheckpointException or ConfigurationException)
        {
            // Where it lies on this server is nobody's business.
            throw new ParameterException($"The weights do not fit the served network: {exception.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)}", "body", Part);
        }
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
