using System.Text.Json;
using FellowOakDicom;
using FellowOakDicom.Serialization;
using MedSam2.Server.Errors;

namespace MedSam2.Server.DicomWeb;

/// <summary>How datasets are written for the sender of a request: the DICOM JSON model (PS3.18 annex F) or the native XML model (PS3.19 A.1).</summary>
/// <param name="MediaType">Of one dataset; of all of them where they come in one array.</param>
/// <param name="IsXml">Whether it is XML; several datasets are parts of a multipart answer then.</param>
internal sealed record DatasetForm(string MediaType, bool IsXml)
{
    private const string Json = "application/dicom+json";
    private const string Xml = "application/dicom+xml";

    /// <summary>For answers of any number of datasets.</summary>
    /// <exception cref="RequestException">The sender takes neither.</exception>
    public static DatasetForm ForMany(HttpRequest request) => Negotiate(request, xmlInParts: true);

    /// <summary>For answers of one dataset.</summary>
    /// <exception cref="RequestException">The sender takes neither.</exception>
    public static DatasetForm ForOne(HttpRequest request) => Negotiate(request, xmlInParts: false);

    /// <exception cref="RequestException">The dataset is nested deeper than readers follow.</exception>
    public string Write(DicomDataset dataset)
    {
        try
        {
            return IsXml ? NativeModel.Write(dataset) : DicomJson.ConvertDicomToJson(dataset, numberSerializationMode: NumberSerializationMode.PreferablyAsNumber);
        }
        catch (JsonException e)
        {
            throw new RequestException(
                StatusCodes.Status422UnprocessableEntity, "An instance has sequences nested too deeply for JSON. Retrieve it as application/dicom, or leave it out.", e);
        }
    }

    private static DatasetForm Negotiate(HttpRequest request, bool xmlInParts)
    {
        foreach (var media in AcceptedMedia.Of(request))
        {
            if (!media.IsMultipart && media.Takes(Json))
                return new(Json, IsXml: false);
            if (!media.IsMultipart && media.Takes("application/json"))
                return new("application/json", IsXml: false);
            if (media.IsMultipart == xmlInParts && media.Takes(Xml))
                return new(Xml, IsXml: true);
        }

        throw RequestException.NotAcceptable($"This resource comes as {Json} or {(xmlInParts ? $"multipart/related; type=\"{Xml}\"" : Xml)}. Ask for one of these in the Accept header.");
    }
}
