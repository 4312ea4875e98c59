using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FellowOakDicom;
using Microsoft.AspNetCore.WebUtilities;

namespace MedSam2.Server.Demo;

/// <summary>A client like any other: it knows the server's address and its public interfaces.</summary>
internal sealed class DemoClient(Uri server) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The series of this identifier, or the first one of images (QIDO-RS).</summary>
    public async Task<(string Study, string Series)> FindSeriesAsync(string? wanted, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, wanted is null ? "dicom-web/series" : $"dicom-web/series?SeriesInstanceUID={wanted}");
        request.Headers.Accept.Add(new("application/dicom+json"));
        using var answer = await SendAsync(request, cancellation);
        var matches = await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation) as JsonArray;
        var image = matches?.FirstOrDefault(series => Text(series, "00080060") is "CT" or "MR" or "PT")
            ?? throw new DemoException(wanted is null
                ? "There is no CT, MR or PET series among the studies."
                : "The data folder holds other studies than the demo's: name a file of true labels with --labels and --label, or an empty folder with --data.");
        return (Text(image, "0020000D")!, Text(image, "0020000E")!);
    }

    /// <summary>Waits while the server makes its demo study.</summary>
    public async Task WaitForDemoStudyAsync(CancellationToken cancellation)
    {
        while (await DemoStudyAsync(cancellation) is "making")
            await Task.Delay(100, cancellation);
    }

    /// <summary>All instances of a series (WADO-RS).</summary>
    public async Task<IReadOnlyList<DicomFile>> RetrieveAsync(string study, string series, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"dicom-web/studies/{study}/series/{series}");
        request.Headers.TryAddWithoutValidation("Accept", "multipart/related; type=\"application/dicom\"; transfer-syntax=*");
        using var answer = await SendAsync(request, cancellation);
        List<DicomFile> files = [];
        await foreach (var part in PartsAsync(answer, cancellation))
            files.Add(await DicomFile.OpenAsync(part.Content));
        return files;
    }

    /// <summary>Prompts in, mask out (MONAI Label).</summary>
    /// <returns>The result JSON, and the mask file at its first byte.</returns>
    public async Task<(JsonNode Result, Stream Mask)> InferAsync(string model, string series, JsonObject parameters, CancellationToken cancellation)
    {
        using var form = new MultipartFormDataContent { { new StringContent(parameters.ToJsonString()), "params" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"infer/{model}?image={series}") { Content = form };
        using var answer = await SendAsync(request, cancellation);
        JsonNode? result = null;
        Stream? mask = null;
        await foreach (var (disposition, content) in PartsAsync(answer, cancellation))
        {
            if (string.IsNullOrEmpty(disposition?.FileName))
                result = await JsonNode.ParseAsync(content, cancellationToken: cancellation);
            else
                mask = content;
        }

        return result is null || mask is null ? throw new DemoException("The server's answer lacks the result or the mask.") : (result, mask);
    }

    public void Dispose() => _http.Dispose();

    private async Task<string?> DemoStudyAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "info/");
        using var answer = await SendAsync(request, cancellation);
        var info = await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation);
        return info?["demo_study"]?.GetValue<string>();
    }

    private static string? Text(JsonNode? dataset, string tag) => dataset?[tag]?["Value"]?[0]?.GetValue<string>();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
        {
            var detail = await answer.Content.ReadAsStringAsync(cancellation);
            throw new DemoException($"{request.Method} {request.RequestUri} was answered {(int)answer.StatusCode}: {detail}");
        }
    }

    private static async IAsyncEnumerable<(ContentDispositionHeaderValue? Disposition, Stream Content)> PartsAsync(
        HttpResponseMessage answer, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var boundary = answer.Content.Headers.ContentType?.Parameters.FirstOrDefault(parameter => parameter.Name == "boundary")?.Value?.Trim('"')
            ?? throw new DemoException("The server's answer is not multipart.");
        var reader = new MultipartReader(boundary, await answer.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            var content = new MemoryStream();
            await section.Body.CopyToAsync(content, cancellation);
            content.Position = 0;
            yield return (ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) ? disposition : null, content);
        }
    }
}
