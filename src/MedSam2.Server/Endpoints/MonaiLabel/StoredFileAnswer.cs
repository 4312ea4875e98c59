using System.Net.Mime;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A file of the server's own as a download: quoted name, length, ETag, ranges; HEAD gives the headers alone.</summary>
internal static class StoredFileAnswer
{
    public static PhysicalFileHttpResult Create(HttpContext context, string path, string fileName, string? checksum = null, string type = MediaTypeNames.Application.Octet)
    {
        var file = new FileInfo(path);
        context.Response.Headers.ContentDisposition = Disposition(fileName);
        // A client's cache goes by the name: it has to ask whether the file is still the same.
        context.Response.Headers.CacheControl = "no-cache";
        var tag = checksum is null ? $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}" : checksum.Split(':')[^1];
        return TypedResults.PhysicalFile(path, type, null, file.LastWriteTimeUtc, new EntityTagHeaderValue($"\"{tag}\""), enableRangeProcessing: true);
    }

    /// <summary>The clients' parsers need quotes, and read the extended form where there is one.</summary>
    private static string Disposition(string fileName)
    {
        var plain = new string([.. fileName.Select(c => c is >= ' ' and <= '~' and not '"' and not '\\' ? c : '_')]);
        var extended = plain == fileName ? "" : $"; filename*=UTF-8''{Uri.EscapeDataString(fileName)}";
        return new StringBuilder("attachment; filename=\"").Append(plain).Append('"').Append(extended).ToString();
    }
}
