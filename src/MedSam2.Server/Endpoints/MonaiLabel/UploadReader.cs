using System.Text;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>Reads forms with files (multipart) and without (multipart or url-encoded). Files go to disk as they arrive.</summary>
internal sealed class UploadReader(IOptions<LimitOptions> options)
{
    private const int NoSpaceOnUnix = 28, NoSpaceOnWindows = unchecked((int)0x80070070);

    private readonly LimitOptions _limits = options.Value;

    /// <param name="request">Its body is read.</param>
    /// <param name="newPath">Where the next file goes.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="RequestException">The body is no form, is damaged, or passes a limit.</exception>
    public async Task<Upload> ReadAsync(HttpRequest request, Func<string> newPath, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(request.ContentType))
            return new Upload();
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            throw RequestException.BadRequest("The Content-Type cannot be read.");
        if (type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return await ReadFormAsync(request.Body, cancellation);
        if (!type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw RequestException.UnsupportedMedia("The body must be a form: multipart/form-data where it has files.");
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > 200)
            throw RequestException.BadRequest("The Content-Type multipart/form-data needs a boundary of 1 to 200 characters.");
        return await ReadMultipartAsync(request.Body, boundary, newPath, cancellation);
    }

    private async Task<Upload> ReadMultipartAsync(Stream body, string boundary, Func<string> newPath, CancellationToken cancellation)
    {
        var upload = new Upload();
        try
        {
            var reader = new MultipartReader(boundary, body, 1 << 16);
            var parts = 0;
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                var disposition = section.GetContentDispositionHeader();
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).ToString();
                var fileName = HeaderUtilities.RemoveQuotes(disposition?.FileNameStar is { HasValue: true } star ? star : disposition?.FileName ?? default).ToString();
                if (fileName is not "")
                {
                    if (upload.Files.Count == _limits.Files)
                        throw RequestException.BadRequest($"The body has more than {_limits.Files} files (setting MedSam2:Limits:Files).");
                    var file = new UploadedFile(name, fileName, newPath());
                    upload.Add(file);
                    await using var target = new FileStream(file.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
                    await section.Body.CopyToAsync(target, cancellation);
                    target.Flush(flushToDisk: true);
                }
                else
                {
                    if (++parts > _limits.Parts)
                        throw RequestException.BadRequest($"The body has more than {_limits.Parts} fields.");
                    upload.Add(name, Encoding.UTF8.GetString(await ReadLimitedAsync(section.Body, name, cancellation)));
                }
            }

            return upload;
        }
        catch (Exception exception)
        {
            upload.Dispose();
            if (exception is IOException { HResult: NoSpaceOnUnix or NoSpaceOnWindows })
                throw new RequestException(StatusCodes.Status507InsufficientStorage, "The server's disk for uploads is full. Nothing was kept.", exception);
            if (exception is InvalidDataException or (IOException and not BadHttpRequestException))
                throw RequestException.BadRequest($"The multipart body is damaged: {exception.Message}", exception);
            throw;
        }
    }

    private async Task<Upload> ReadFormAsync(Stream body, CancellationToken cancellation)
    {
        var text = Encoding.UTF8.GetString(await ReadLimitedAsync(body, "The form", cancellation));
        using var reader = new FormReader(text) { ValueCountLimit = _limits.Parts, ValueLengthLimit = _limits.ParamsBytes };
        try
        {
            var upload = new Upload();
            foreach (var (name, value) in reader.ReadForm())
                upload.Add(name, value.ToString());
            return upload;
        }
        catch (InvalidDataException exception)
        {
            throw RequestException.BadRequest($"The form cannot be read: {exception.Message}", exception);
        }
    }

    private async Task<byte[]> ReadLimitedAsync(Stream section, string name, CancellationToken cancellation)
    {
        using var memory = new MemoryStream();
        var buffer = new byte[4096];
        for (int count; (count = await section.ReadAsync(buffer, cancellation)) > 0;)
        {
            if (memory.Length + count > _limits.ParamsBytes)
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"'{name}' is longer than {_limits.ParamsKilobytes} KiB.");
            memory.Write(buffer, 0, count);
        }

        return memory.ToArray();
    }
}
