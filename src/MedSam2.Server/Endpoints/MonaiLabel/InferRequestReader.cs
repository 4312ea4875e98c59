using System.Text;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>
/// Reads <c>POST /infer/{model}</c>: its query and a body that is multipart, a url-encoded form, or absent. Uploads go to disk
/// as they arrive, whatever their size.
/// </summary>
internal sealed class InferRequestReader(IOptions<LimitOptions> options)
{
    private const string Parameters = "params";
    private const string Image = "file";

    private const int NoSpaceOnUnix = 28, NoSpaceOnWindows = unchecked((int)0x80070070);

    private readonly LimitOptions _limits = options.Value;

    /// <exception cref="RequestException">The request is not well formed.</exception>
    public async Task<InferRequest> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var output = ReadOutput(request.Query);
        var body = await ReadBodyAsync(request, cancellation);
        try
        {
            var session = request.Query["session_id"].ToString() is { Length: > 0 } id ? id : null;
            var image = request.Query["image"].ToString();
            if (body.Upload is null && session is null && image is "")
                throw RequestException.BadRequest("The request names no image: give a Series Instance UID or a datastore id as query 'image', a session as 'session_id', or upload a volume as 'file'.");
            return new(body.Upload is null && session is null ? image : null, session, body.Upload, output, new InferParametersReader(_limits.Points).Read(body.Parameters));
        }
        catch
        {
            if (body.Upload is not null)
                await body.Upload.Content.DisposeAsync();
            throw;
        }
    }

    private static InferOutput ReadOutput(IQueryCollection query)
    {
        if (!query.TryGetValue("output", out var asked))
            return InferOutput.All;
        return asked.ToString() switch
        {
            "all" => InferOutput.All,
            "image" => InferOutput.Image,
            "json" => InferOutput.Json,
            "dicom_seg" => InferOutput.DicomSeg,
            var other => throw new ParameterException($"'output' is '{other}', but can be all, image, json or dicom_seg.", "query", "output"),
        };
    }

    private async Task<(ReadOnlyMemory<byte> Parameters, UploadedImage? Upload)> ReadBodyAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(request.ContentType))
            return default;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            throw RequestException.BadRequest("The Content-Type cannot be read.");
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return await ReadMultipartAsync(request.Body, Boundary(type), cancellation);
        if (type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return (await ReadFormAsync(request.Body, cancellation), null);
        if (request.ContentLength is 0)
            return default;
        throw new RequestException(StatusCodes.Status415UnsupportedMediaType, "The body must be multipart/form-data with the parts 'params' and 'file', or absent.");
    }

    private async Task<(ReadOnlyMemory<byte> Parameters, UploadedImage? Upload)> ReadMultipartAsync(Stream body, string boundary, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> parameters = default;
        UploadedImage? upload = null;
        try
        {
            var reader = new MultipartReader(boundary, body, 1 << 16);
            var parts = 0;
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (++parts > _limits.Parts)
                    throw RequestException.BadRequest($"The body has more than {_limits.Parts} parts.");
                var disposition = section.GetContentDispositionHeader();
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).ToString();
                if (name is Parameters)
                {
                    parameters = await ReadLimitedAsync(section.Body, cancellation);
                }
                else if (name is Image && upload is null)
                {
                    var fileName = disposition!.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
                    upload = await StoreAsync(section.Body, HeaderUtilities.RemoveQuotes(fileName).ToString(), cancellation);
                }
            }

            return (parameters, upload);
        }
        catch (Exception exception)
        {
            if (upload is not null)
                await upload.Content.DisposeAsync();
            if (exception is IOException { HResult: NoSpaceOnUnix or NoSpaceOnWindows })
                throw new RequestException(StatusCodes.Status507InsufficientStorage, "The server's disk for uploads is full. Nothing was kept.", exception);
            if (exception is InvalidDataException or (IOException and not BadHttpRequestException))
                throw RequestException.BadRequest($"The multipart body is damaged: {exception.Message}", exception);
            throw;
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadFormAsync(Stream body, CancellationToken cancellation)
    {
        var text = Encoding.UTF8.GetString((await ReadLimitedAsync(body, cancellation)).Span);
        using var reader = new FormReader(text) { ValueCountLimit = _limits.Parts, ValueLengthLimit = _limits.ParamsBytes };
        try
        {
            return reader.ReadForm().TryGetValue(Parameters, out var value) ? Encoding.UTF8.GetBytes(value.ToString()) : default;
        }
        catch (InvalidDataException exception)
        {
            throw RequestException.BadRequest($"The form cannot be read: {exception.Message}", exception);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadLimitedAsync(Stream section, CancellationToken cancellation)
    {
        using var memory = new MemoryStream();
        var buffer = new byte[4096];
        for (int count; (count = await section.ReadAsync(buffer, cancellation)) > 0;)
        {
            if (memory.Length + count > _limits.ParamsBytes)
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"'params' is longer than {_limits.ParamsKilobytes} KiB.");
            memory.Write(buffer, 0, count);
        }

        return memory.ToArray();
    }

    private static async Task<UploadedImage> StoreAsync(Stream section, string fileName, CancellationToken cancellation)
    {
        // The name is the client's path, in its system's style; nothing but its end is looked at.
        var extension = ResultFormat.Extensions.FirstOrDefault(known => fileName.EndsWith(known, StringComparison.OrdinalIgnoreCase))
            ?? throw new ParameterException($"The uploaded file's name must end with {string.Join(", ", ResultFormat.Extensions)}: volumes are read as NRRD or NIfTI.", "body", Image);
        var file = TemporaryFile.Create();
        try
        {
            await section.CopyToAsync(file, cancellation);
            file.Position = 0;
            return new(file, extension);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static string Boundary(MediaTypeHeaderValue type)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= 200
            ? boundary
            : throw RequestException.BadRequest("The Content-Type multipart/form-data needs a boundary of 1 to 200 characters.");
    }
}
