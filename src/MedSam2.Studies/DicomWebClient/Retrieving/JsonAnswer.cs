using System.Net;
using System.Text.Json;
using MedSam2.Studies.DicomWebClient.Http;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>Resources that come as DICOM JSON.</summary>
internal static class JsonAnswer
{
    public const string Accept = "application/dicom+json, application/json;q=0.9";

    /// <exception cref="ArchiveException">There is no such answer.</exception>
    public static async Task<IReadOnlyList<JsonElement>> GetAsync(ArchiveHttp http, Uri address, string what, long maxBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", Accept);
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NoContent)
            return [];
        if (!response.IsSuccessStatusCode)
            throw AnswerStatus.Fault(response, what);
        await using var content = await http.ReadAsync(response, cancellationToken);
        return await DicomJsonReader.ReadAsync(content, maxBytes, cancellationToken);
    }
}
