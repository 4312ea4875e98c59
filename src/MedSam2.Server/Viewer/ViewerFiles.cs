using System.Text.RegularExpressions;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace MedSam2.Server.Viewer;

/// <summary>Files of a folder, in the encoding that was compressed beforehand where the browser takes it.</summary>
internal static partial class ViewerFiles
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    private static readonly (string Encoding, string Extension)[] Compressed = [("br", ".br"), ("gzip", ".gz")];

    /// <returns>Null where there is no such file in the folder.</returns>
    public static IResult? Find(HttpContext context, string folder, string? path)
    {
        if (string.IsNullOrEmpty(path) || !Directory.Exists(folder))
            return null;
        // Refuses ways out of the folder and hidden files.
        using var provider = new PhysicalFileProvider(folder);
        var file = provider.GetFileInfo(path);
        if (!file.Exists || file.PhysicalPath is null)
            return null;

        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = NamedByContent().IsMatch(file.Name) ? "public, max-age=31536000, immutable" : "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        var served = file.PhysicalPath;
        var accepted = context.Request.GetTypedHeaders().AcceptEncoding;
        foreach (var (encoding, extension) in Compressed)
        {
            if (accepted.Any(value => value.Value == encoding && value.Quality is not 0) && File.Exists(served + extension))
            {
                headers.ContentEncoding = encoding;
                served += extension;
                break;
            }
        }

        var tag = new EntityTagHeaderValue($"\"{file.LastModified.ToUnixTimeMilliseconds():x}-{file.Length:x}{Path.GetExtension(served)}\"");
        return Results.File(served, Types.TryGetContentType(file.Name, out var type) ? type : "application/octet-stream", entityTag: tag);
    }

    /// <summary>Names that change with their content: sixteen hexadecimal digits in them.</summary>
    [GeneratedRegex(@"(^|\.)[0-9a-f]{16}\.", RegexOptions.CultureInvariant)]
    private static partial Regex NamedByContent();
}
