using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>The parts of a <c>multipart/related</c> answer, read by another reader than the one that wrote them.</summary>
internal static class MultipartParts
{
    public static async Task<List<(string ContentType, byte[] Content)>> ReadAsync(HttpResponseMessage response)
    {
        var type = response.Content.Headers.ContentType;
        Assert.Equal("multipart/related", type?.MediaType);
        var boundary = type!.Parameters.Single(p => p.Name == "boundary").Value!.Trim('"');
        var stop = TestContext.Current.CancellationToken;
        var reader = new MultipartReader(boundary, await response.Content.ReadAsStreamAsync(stop));
        var parts = new List<(string, byte[])>();
        while (await reader.ReadNextSectionAsync(stop) is { } section)
        {
            using var content = new MemoryStream();
            await section.Body.CopyToAsync(content, stop);
            parts.Add((section.ContentType ?? "", content.ToArray()));
        }

        return parts;
    }
}
