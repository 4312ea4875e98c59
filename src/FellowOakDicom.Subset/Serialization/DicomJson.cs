using System.Text.Json;

namespace FellowOakDicom.Serialization;

/// <summary>What becomes of IS, DS, SV and UV, of which a file may hold text that is no number.</summary>
public enum NumberSerializationMode
{
    /// <summary>A number, or a <see cref="FormatException"/>.</summary>
    AsNumber,

    AsString,

    /// <summary>A number where it is one, otherwise the text.</summary>
    PreferablyAsNumber,
}

/// <summary>The DICOM JSON model of PS3.18 annex F.</summary>
public static class DicomJson
{
    /// <exception cref="FormatException">A number's text is no number, and <paramref name="numberSerializationMode"/> wants one.</exception>
    public static string ConvertDicomToJson(
        DicomDataset dataset,
        bool writeTagsAsKeywords = false,
        bool formatIndented = false,
        NumberSerializationMode numberSerializationMode = NumberSerializationMode.AsNumber) =>
        JsonSerializer.Serialize(dataset, Options(new DicomJsonConverter(writeTagsAsKeywords, numberSerializationMode: numberSerializationMode), formatIndented));

    public static string ConvertDicomToJson(IEnumerable<DicomDataset> dataset, bool writeTagsAsKeywords = false, bool formatIndented = false) =>
        JsonSerializer.Serialize(dataset, Options(new DicomJsonConverter(writeTagsAsKeywords), formatIndented));

    /// <exception cref="JsonException">The text is not the DICOM JSON model.</exception>
    /// <exception cref="DicomValidationException">A value does not obey its representation, and <paramref name="autoValidate"/> is set.</exception>
    public static DicomDataset ConvertJsonToDicom(string json, bool autoValidate = true) =>
        JsonSerializer.Deserialize<DicomDataset>(json, Options(new DicomJsonConverter(autoValidate: autoValidate)));

    /// <inheritdoc cref="ConvertJsonToDicom"/>
    public static DicomDataset[] ConvertJsonToDicomArray(string json) =>
        JsonSerializer.Deserialize<DicomDataset[]>(json, Options(new DicomJsonConverter()));

    private static JsonSerializerOptions Options(DicomJsonConverter converter, bool formatIndented = false) => new()
    {
        Converters = { converter },
        WriteIndented = formatIndented,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };
}
