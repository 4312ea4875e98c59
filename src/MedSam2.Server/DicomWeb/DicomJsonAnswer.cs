using System.Text;
using System.Text.Json;
using FellowOakDicom;
using FellowOakDicom.Serialization;
using MedSam2.Server.Errors;

namespace MedSam2.Server.DicomWeb;

/// <summary>Writes datasets as an array in the DICOM JSON model (PS3.18 annex F).</summary>
internal static class DicomJsonAnswer
{
    public const string MediaType = "application/dicom+json";

    /// <exception cref="RequestException">The sender takes no JSON.</exception>
    public static string Negotiate(HttpRequest request)
    {
        foreach (var media in AcceptedMedia.Of(request))
        {
            if (media.IsMultipart)
                continue;
            if (media.Takes(MediaType))
                return MediaType;
            if (media.Takes("application/json"))
                return "application/json";
        }

        throw RequestException.NotAcceptable($"This resource comes as {MediaType} only. Ask for that in the Accept header.");
    }

    /// <exception cref="RequestException">The dataset is nested deeper than JSON readers follow.</exception>
    public static string ToJson(DicomDataset dataset)
    {
        try
        {
            return DicomJson.ConvertDicomToJson(dataset, numberSerializationMode: NumberSerializationMode.PreferablyAsNumber);
        }
        catch (JsonException e)
        {
            throw new RequestException(
                StatusCodes.Status422UnprocessableEntity, "An instance has sequences nested too deeply for JSON. Retrieve it as application/dicom, or leave it out.", e);
        }
    }

    /// <summary>Writes as the datasets come, after the first one has come without an error.</summary>
    public static async Task WriteAsync(HttpContext context, string mediaType, IAsyncEnumerable<string> datasets)
    {
        await using var all = datasets.GetAsyncEnumerator(context.RequestAborted);
        var any = await all.MoveNextAsync();
        context.Response.ContentType = mediaType;
        await using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(false), 1 << 15, leaveOpen: true);
        await writer.WriteAsync('[');
        for (var first = true; any; any = await all.MoveNextAsync(), first = false)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            if (!first)
                await writer.WriteAsync(',');
            await writer.WriteAsync(all.Current);
        }

        await writer.WriteAsync(']');
    }
}
