using System.Text.Json;
using FellowOakDicom;
using FellowOakDicom.Serialization;

namespace MedSam2.Studies.DicomWebClient;

/// <summary>Reads an array of datasets in the DICOM JSON model (PS3.18 annex F).</summary>
internal static class DicomJsonReader
{
    private const int MaxDepth = 64;

    /// <summary>The array's objects. One object instead of an array, as some servers answer, is one dataset.</summary>
    /// <exception cref="ArchiveException">The text is no such array, or too long.</exception>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            await using var limited = new LimitedStream(content, maxBytes);
            using var document = await JsonDocument.ParseAsync(limited, new JsonDocumentOptions { MaxDepth = MaxDepth }, cancellationToken);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Array => [.. document.RootElement.EnumerateArray().Where(element => element.ValueKind == JsonValueKind.Object).Select(element => element.Clone())],
                JsonValueKind.Object => [document.RootElement.Clone()],
                _ => throw Bad(null),
            };
        }
        catch (JsonException e)
        {
            throw Bad(e);
        }
    }

    /// <exception cref="ArchiveException">The object is no dataset.</exception>
    public static DicomDataset ToDataset(JsonElement element)
    {
        try
        {
            var dataset = DicomJson.ConvertJsonToDicom(element.GetRawText(), autoValidate: false);
            // The text is Unicode, whatever archives say that it once was: a file made of it has to hold it.
            return dataset.Contains(DicomTag.SpecificCharacterSet) ? dataset.AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 192") : dataset;
        }
        catch (Exception e) when (e is DicomException or JsonException or FormatException or ArgumentException or InvalidOperationException or OverflowException or NotSupportedException)
        {
            throw Bad(e);
        }
    }

    /// <summary>The first value of an attribute as text, or an empty text.</summary>
    public static string Text(JsonElement dataset, string tag) =>
        dataset.TryGetProperty(tag, out var attribute) && attribute.ValueKind == JsonValueKind.Object
            && attribute.TryGetProperty("Value", out var values) && values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0
            ? values[0].ValueKind switch
            {
                JsonValueKind.String => values[0].GetString()!.Trim(' ', '\0'),
                JsonValueKind.Number => values[0].GetRawText(),
                _ => "",
            }
            : "";

    private static ArchiveException Bad(Exception? inner) =>
        new(ArchiveFault.BadAnswer, "The archive's answer is not the DICOM JSON that was asked for. Check that the setting Url is its DICOMweb root.", inner);
}
