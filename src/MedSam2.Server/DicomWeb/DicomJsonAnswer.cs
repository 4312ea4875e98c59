using System.Text;
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

    public static string ToJson(DicomDataset dataset) =>
        DicomJson.ConvertDicomToJson(dataset, numberSerializationMode: NumberSerializationMode.PreferablyAsNumber);

    /// <summary>Writes as the datasets come, after the first one has come without an error.</summary>
    public static async Task WriteAsync(HttpContext context, string mediaType, IEnumerable<string> datasets)
    {
        using var all = datasets.GetEnumerator();
        var any = all.MoveNext();
        context.Response.ContentType = mediaType;
        await using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(false), 1 << 15, leaveOpen: true);
        await writer.WriteAsync('[');
        for (var first = true; any; any = all.MoveNext(), first = false)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            if (!first)
                await writer.WriteAsync(',');
            await writer.WriteAsync(all.Current);
        }

        await writer.WriteAsync(']');
    }
}
