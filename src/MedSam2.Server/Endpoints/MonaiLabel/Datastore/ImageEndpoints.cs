using System.Text.Json.Nodes;
using FellowOakDicom;
using MedSam2.Imaging.Formats;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Server.Studies;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Endpoints.MonaiLabel.Datastore;

/// <summary><c>/datastore/image</c>: images in, out, and what is known of them.</summary>
internal sealed class ImageEndpoints(ImageCatalog catalog, ImageDatastore datastore, IStudySource studies, ImageDownloads downloads, FileChecksums checksums, UploadReader uploads)
{
    private static readonly string[] Extensions = [".nii.gz", ".nii", ".nrrd"];

    /// <summary>GET and HEAD.</summary>
    public async Task<IResult> DownloadAsync(HttpContext context, CancellationToken cancellation)
    {
        var image = await catalog.RequireAsync(context.Request.Query["image"].ToString(), cancellation);
        var file = await downloads.FindAsync(image, cancellation);
        var checksum = await checksums.OfAsync(file.FullName, cancellation);
        if (HttpMethods.IsHead(context.Request.Method) && context.Request.Query["check_sum"].ToString() is not "" and var asked && !FileChecksums.Match(checksum, asked))
            throw RequestException.NotFound("The image has another checksum.");
        return StoredFileAnswer.Create(context, file.FullName, image.FileName, checksum);
    }

    public async Task<IResult> InfoAsync(HttpRequest request, CancellationToken cancellation)
    {
        var image = await catalog.FindAsync(request.Query["image"].ToString(), cancellation);
        if (image is null)
            return JsonAnswer.Of(new JsonObject());
        var info = image.Info();
        info["path"] = "";
        return JsonAnswer.Of(info);
    }

    public async Task<IResult> ChangeInfoAsync(HttpRequest request, CancellationToken cancellation)
    {
        var image = await catalog.RequireAsync(request.Query["image"].ToString(), cancellation);
        using var form = await uploads.ReadAsync(request, NoFiles, cancellation);
        var info = form.Json("info");
        await datastore.ChangeImageInfoAsync(image.Id, image.IsSeries, known => Merge(known, info), cancellation);
        return JsonAnswer.Of(null);
    }

    /// <summary>A volume becomes an image of its own; a DICOM file goes to its series.</summary>
    public async Task<IResult> UploadAsync(HttpContext context, CancellationToken cancellation)
    {
        using var form = await uploads.ReadAsync(context.Request, () => datastore.NewIncomingPath(), cancellation);
        var file = form.RequireFile("file");
        var info = form.Json("params");
        var extension = Array.Find(Extensions, known => file.FileName.EndsWith(known, StringComparison.OrdinalIgnoreCase));
        if (extension is null)
        {
            return Images.ImageFile.IsDicom(file.Path)
                ? await StoreDicomAsync(file, cancellation)
                : throw new ParameterException($"The uploaded file's name must end with {string.Join(", ", Extensions)}, or it must be DICOM.", "body", "file");
        }

        // Whatever is taken in can be opened later.
        await Task.Run(() => ImageFile.CheckVolume(file.Path, cancellation: cancellation), cancellation);
        var asked = context.Request.Query["image"].ToString();
        var id = DatastoreName.Require(asked is "" ? file.BaseName[..^extension.Length] : asked, "image id");
        if (await catalog.FindAsync(id, cancellation) is { IsSeries: true })
            throw new RequestException(StatusCodes.Status409Conflict, "The archive has a series of this id. Upload the volume under another one.");
        info["ts"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        info["name"] = id + extension;
        info["user"] = context.User.Identity?.Name ?? "admin";
        await datastore.AddImageAsync(id, extension, file.Path, info, cancellation);
        return JsonAnswer.Of(new JsonObject { ["image"] = id });
    }

    public async Task<IResult> RemoveAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.Query["id"].ToString() is not { Length: > 0 } id)
            throw new ParameterException("The query names no 'id'.", "query", "id");
        var image = await catalog.RequireAsync(id, cancellation);
        if (image.Series is { } series)
            await studies.DeleteAsync(new InstanceKey(series.StudyInstanceUid, series.SeriesInstanceUid), cancellation);
        if (image.Record is not null)
            await datastore.RemoveImageAsync(id, cancellation);
        return JsonAnswer.Of(new JsonObject());
    }

    internal static string NoFiles() => throw RequestException.BadRequest("This form has fields only, no files.");

    internal static void Merge(JsonObject known, JsonObject added)
    {
        foreach (var (key, value) in added)
            known[key] = value?.DeepClone();
    }

    private async Task<IResult> StoreDicomAsync(UploadedFile file, CancellationToken cancellation)
    {
        try
        {
            var kept = await studies.StoreAsync(await DicomFile.OpenAsync(file.Path), cancellation);
            return JsonAnswer.Of(new JsonObject { ["image"] = kept.Key.SeriesInstanceUid });
        }
        catch (DicomException exception)
        {
            throw RequestException.BadRequest($"The DICOM file cannot be read: {exception.Message}", exception);
        }
    }
}
