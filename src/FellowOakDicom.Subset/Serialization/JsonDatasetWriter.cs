#nullable enable

using System.Globalization;
using System.Text.Json;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Serialization;

/// <summary>Writes datasets as PS3.18 section F.2 says.</summary>
internal sealed class JsonDatasetWriter(Utf8JsonWriter json, bool tagsAsKeywords, NumberSerializationMode numberMode)
{
    private static readonly string[] NameGroups = ["Alphabetic", "Ideographic", "Phonetic"];

    public void Write(DicomDataset? dataset)
    {
        if (dataset is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        foreach (var item in dataset.Where(item => item.Tag.Element != 0))
        {
            json.WritePropertyName(NameOf(item.Tag));
            json.WriteStartObject();
            json.WriteString("vr", item.ValueRepresentation.Code);
            WriteValue(item);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private string NameOf(DicomTag tag)
    {
        var entry = tag.DictionaryEntry;
        return tagsAsKeywords && entry.Mask == uint.MaxValue && entry.Keyword.Length > 0 ? entry.Keyword : tag.ToString("J", null);
    }

    private void WriteValue(DicomItem item)
    {
        switch (item)
        {
            case DicomSequence sequence:
                WriteArray(sequence.Items, Write);
                break;
            case DicomPersonName name:
                WriteArray(name.Get<string[]>(), WriteName);
                break;
            case DicomAttributeTag tags:
                WriteArray(tags.Get<DicomTag[]>(), tag => json.WriteStringValue(tag.ToString("J", null)));
                break;
            case DicomElement element when IsBinary(element.ValueRepresentation):
                WriteBinary(element);
                break;
            case DicomElement element:
                WriteSimple(element);
                break;
            default:
                throw new DicomDataException($"Encapsulated {item.Tag} has no place in JSON.");
        }
    }

    private void WriteSimple(DicomElement element)
    {
        switch (element.ValueRepresentation.Code)
        {
            case "FL":
                WriteArray(element.Get<float[]>(), value => WriteFloating(value, () => json.WriteNumberValue(value)));
                break;
            case "FD":
                WriteArray(element.Get<double[]>(), value => WriteFloating(value, () => json.WriteNumberValue(value)));
                break;
            case "SL":
                WriteArray(element.Get<int[]>(), json.WriteNumberValue);
                break;
            case "SS":
                WriteArray(element.Get<short[]>(), value => json.WriteNumberValue(value));
                break;
            case "UL":
                WriteArray(element.Get<uint[]>(), json.WriteNumberValue);
                break;
            case "US":
                WriteArray(element.Get<ushort[]>(), value => json.WriteNumberValue(value));
                break;
            case "IS" or "DS" or "SV" or "UV":
                WriteNumberStrings(element);
                break;
            default:
                WriteArray(element.Get<string[]>(), WriteText);
                break;
        }
    }

    private void WriteNumberStrings(DicomElement element)
    {
        var numbers = numberMode == NumberSerializationMode.AsString ? null : Numbers(element);
        if (numbers is null)
            WriteArray(element.Get<string[]>(), WriteText);
        else
            WriteArray(numbers, WriteRaw);
    }

    /// <summary>The values as JSON numbers, null where empty; no list at all where a value is no number and text may be written instead.</summary>
    private List<string?>? Numbers(DicomElement element)
    {
        try
        {
            return element.ValueRepresentation.Code switch
            {
                "IS" => [.. element.Get<int[]>().Select(value => value.ToString(CultureInfo.InvariantCulture))],
                "SV" => [.. element.Get<long[]>().Select(value => value.ToString(CultureInfo.InvariantCulture))],
                "UV" => [.. element.Get<ulong[]>().Select(value => value.ToString(CultureInfo.InvariantCulture))],
                _ => [.. element.Get<string[]>().Select(DecimalNumber)],
            };
        }
        catch (Exception fault) when (numberMode == NumberSerializationMode.PreferablyAsNumber && fault is FormatException or OverflowException)
        {
            return null;
        }
    }

    private static string? DecimalNumber(string text)
    {
        if (text.Length == 0)
            return null;
        var number = text.Trim().TrimEnd('\0');
        if (ulong.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var natural))
            return natural.ToString(CultureInfo.InvariantCulture);
        if (long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return integer.ToString(CultureInfo.InvariantCulture);
        if (decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact))
            return exact.ToString(CultureInfo.InvariantCulture);
        if (double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var rounded) && double.IsFinite(rounded))
            return rounded.ToString("R", CultureInfo.InvariantCulture);
        throw new FormatException($"Cannot write dicom number {text} to json");
    }

    private void WriteRaw(string? number)
    {
        if (number is null)
            json.WriteNullValue();
        else
            json.WriteRawValue(number);
    }

    private void WriteText(string? text)
    {
        if (string.IsNullOrEmpty(text))
            json.WriteNullValue();
        else
            json.WriteStringValue(text);
    }

    private void WriteFloating(double value, Action write)
    {
        if (double.IsFinite(value))
            write();
        else
            json.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    private void WriteName(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        foreach (var (group, text) in NameGroups.Zip(name.Split('=')))
        {
            if (!string.IsNullOrWhiteSpace(text))
                json.WriteString(group, text);
        }

        json.WriteEndObject();
    }

    private void WriteBinary(DicomElement element)
    {
        if (element.Buffer is IBulkDataUriByteBuffer bulk)
            json.WriteString("BulkDataURI", bulk.BulkDataUri);
        else if (element.Count > 0)
            json.WriteBase64String("InlineBinary", element.Buffer.Data);
    }

    private void WriteArray<T>(ICollection<T> values, Action<T> write)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray("Value");
        foreach (var value in values)
            write(value);
        json.WriteEndArray();
    }

    private static bool IsBinary(DicomVR vr) => vr.Code is "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "UN";
}
