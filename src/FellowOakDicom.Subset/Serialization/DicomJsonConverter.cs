using System.Text.Json;
using System.Text.Json.Serialization;

namespace FellowOakDicom.Serialization;

/// <summary>A dataset as a JSON object, for <see cref="JsonSerializerOptions.Converters"/>.</summary>
public class DicomJsonConverter : JsonConverter<DicomDataset>
{
    private readonly bool _writeTagsAsKeywords;
    private readonly bool _autoValidate;
    private readonly NumberSerializationMode _numberMode;

    public DicomJsonConverter(
        bool writeTagsAsKeywords = false, bool autoValidate = true, NumberSerializationMode numberSerializationMode = NumberSerializationMode.AsNumber)
    {
        _writeTagsAsKeywords = writeTagsAsKeywords;
        _autoValidate = autoValidate;
        _numberMode = numberSerializationMode;
    }

    public override void Write(Utf8JsonWriter writer, DicomDataset value, JsonSerializerOptions options) =>
        new JsonDatasetWriter(writer, _writeTagsAsKeywords, _numberMode).Write(value);

    public override DicomDataset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonDatasetReader.Read(JsonElement.ParseValue(ref reader), _autoValidate);

    public override bool CanConvert(Type typeToConvert) => typeof(DicomDataset).IsAssignableFrom(typeToConvert);
}
