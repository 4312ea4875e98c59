using System.Text.Json;
using System.Text.Json.Nodes;
using FellowOakDicom;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel.Datastore;

/// <summary><c>/datastore/label</c>: labels in, out, and what is known of them.</summary>
internal sealed class LabelEndpoints(ImageCatalog catalog, ImageDatastore datastore, LabelArchive archive, LabelKeeper keeper, ImageLoader images, UploadReader uploads)
{
    private const string Volume = "label";

    private static readonly string[] Extensions = [".seg.nrrd", ".nii.gz", ".nii", ".nrrd", ".dcm", ".json", ".bin"];

    /// <summary>GET names the image as <c>label</c>, HEAD as <c>image</c>.</summary>
    public async Task<IResult> DownloadAsync(HttpContext context, CancellationToken cancellation)
    {
        var key = HttpMethods.IsHead(context.Request.Method) ? "image" : "label";
        if (!context.Request.Query.ContainsKey(key))
            throw new ParameterException($"The query names no '{key}'.", "query", key);
        var label = await FindAsync(context.Request, key, cancellation) ?? throw RequestException.NotFound("The image has no label of this tag.");
        return StoredFileAnswer.Create(context, label.Path, context.Request.Query[key] + label.Extension);
    }

    public async Task<IResult> InfoAsync(HttpRequest request, CancellationToken cancellation) =>
        JsonAnswer.Of((await FindAsync(request, "label", cancellation))?.Info ?? []);

    /// <summary>Merges into what is known; the field is <c>info</c>, or <c>params</c> as the Reviewer has it.</summary>
    public async Task<IResult> ChangeInfoAsync(HttpRequest request, string field, CancellationToken cancellation)
    {
        using var form = await uploads.ReadAsync(request, ImageEndpoints.NoFiles, cancellation);
        var info = form.Json(field);
        info.Remove(LabelArchive.Key);
        await datastore.ChangeLabelInfoAsync(request.Query["label"].ToString(), TagOf(request), known => ImageEndpoints.Merge(known, info), cancellation);
        return JsonAnswer.Of(null);
    }

    public async Task<IResult> SaveAsync(HttpContext context, CancellationToken cancellation)
    {
        if (context.Request.Query["image"].ToString() is not { Length: > 0 } id)
            throw new ParameterException("The query names no 'image'.", "query", "image");
        var image = await catalog.RequireAsync(id, cancellation);
        var tag = DatastoreName.Require(TagOf(context.Request), "tag");
        using var form = await uploads.ReadAsync(context.Request, () => datastore.NewIncomingPath(image.IsSeries), cancellation);
        var file = form.RequireFile(Volume);
        var info = form.Json("params");
        var extension = Array.Find(Extensions, known => file.FileName.EndsWith(known, StringComparison.OrdinalIgnoreCase))
            ?? throw new ParameterException($"The label's file name must end with {string.Join(", ", Extensions)}.", "body", Volume);
        if (extension == ".bin")
        {
            await ConvertRawAsync(image, file, cancellation);
            extension = ".nii.gz";
        }

        var segmentation = await CheckAsync(image, file, extension, tag, info, cancellation);
        await keeper.SaveAsync(id, image.IsSeries, tag, extension, file.Path, info, context.User.Identity?.Name, segmentation, cancellation);
        return JsonAnswer.Of(new JsonObject { ["image"] = id, ["label"] = id });
    }

    public async Task<IResult> RemoveAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.Query["id"].ToString() is not { Length: > 0 } id)
            throw new ParameterException("The query names no 'id'.", "query", "id");
        await archive.RemoveAsync(await datastore.RemoveLabelAsync(id, TagOf(request), cancellation), CancellationToken.None);
        return JsonAnswer.Of(new JsonObject());
    }

    private static string TagOf(HttpRequest request) => request.Query["tag"].ToString() is { Length: > 0 } tag ? tag : DatastoreLabel.Final;

    private async Task<DatastoreLabel?> FindAsync(HttpRequest request, string key, CancellationToken cancellation) =>
        (await datastore.FindAsync(request.Query[key].ToString(), cancellation))?.Label(TagOf(request));

    /// <summary>Whatever is taken in can be read later; an approved label of a series also becomes a SEG.</summary>
    private async Task<DicomFile?> CheckAsync(CatalogImage image, UploadedFile file, string extension, string tag, JsonObject info, CancellationToken cancellation)
    {
        var toArchive = image.IsSeries && tag == DatastoreLabel.Final;
        switch (extension)
        {
            case ".json":
                await using (var content = File.OpenRead(file.Path))
                    await CheckJsonAsync(content, cancellation);
                return null;
            case ".dcm" when !image.IsSeries:
                throw new ParameterException("A DICOM SEG is about a DICOM series, and this image is none: send the label as NIfTI or NRRD.", "body", Volume);
            case ".dcm":
                if (!Images.ImageFile.IsDicom(file.Path))
                    throw new ParameterException("The label is no DICOM file.", "body", Volume);
                var segmentation = await DicomFile.OpenAsync(file.Path);
                await archive.CheckAsync(image, segmentation, cancellation);
                return toArchive ? segmentation : null;
            default:
                var labels = Imaging.Formats.ImageFile.ReadLabelMap(file.Path, cancellation: cancellation);
                if (toArchive)
                    return await archive.ConvertAsync(image, labels, info, cancellation);
                _ = LabelPlacement.On((await images.LoadAsync(image.Id, cancellation)).Volume.Geometry, labels);
                return null;
        }
    }

    /// <summary>
    /// What OHIF's client calls <c>label.bin</c>: one byte a voxel in the image's own order, or the mask as an answer of <c>/infer</c> had it.
    /// It becomes NIfTI, so that its geometry is not lost.
    /// </summary>
    private async Task ConvertRawAsync(CatalogImage image, UploadedFile file, CancellationToken cancellation)
    {
        var geometry = (await images.LoadAsync(image.Id, cancellation)).Volume.Geometry;
        var length = new FileInfo(file.Path).Length;
        var labels = length == geometry.VoxelCount
            ? new LabelMap(geometry, await File.ReadAllBytesAsync(file.Path, cancellation))
            : ReadNamedBin(file.Path, $"The label has {length} bytes, but the image {geometry.Columns} x {geometry.Rows} x {geometry.Slices} voxels: a label.bin is one byte a voxel, or a NIfTI or NRRD file.", cancellation);
        await using var target = File.Create(file.Path);
        NiftiFile.Write(target, labels, compress: true, cancellation: cancellation);
    }

    private static LabelMap ReadNamedBin(string path, string fault, CancellationToken cancellation)
    {
        try
        {
            return Imaging.Formats.ImageFile.ReadLabelMap(path, cancellation: cancellation);
        }
        catch (Imaging.Formats.ImageFormatException exception)
        {
            throw new ParameterException($"{fault} {exception.Message}", "body", Volume);
        }
    }

    private static async Task CheckJsonAsync(Stream content, CancellationToken cancellation)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(content, cancellationToken: cancellation);
        }
        catch (JsonException exception)
        {
            throw RequestException.BadRequest($"The label is no valid JSON: {exception.Message}", exception);
        }
    }
}
