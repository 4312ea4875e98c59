#nullable enable

using System.Globalization;
using System.Text;
using System.Text.Json;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Serialization;

/// <summary>Reads datasets that are written as PS3.18 section F.2 says.</summary>
internal static class JsonDatasetReader
{
    private static readonly Encoding[] Utf8 = [Encoding.UTF8];

    /// <exception cref="JsonException">The element is no such dataset.</exception>
    public static DicomDataset Read(JsonElement json, bool validate)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new JsonException($"Expected the start of an object but found '{json.ValueKind}'.");
        var dataset = new DicomDataset { ValidateItems = validate };
        foreach (var property in json.EnumerateObject())
            dataset.Add(ReadItem(TagOf(property.Name), property.Value, validate));
        foreach (var tag in dataset.Select(item => item.Tag).Where(tag => tag.IsPrivate && tag.Element > 0xff))
        {
            if (dataset.TryGetSingleValue(new DicomTag(tag.Group, (ushort)(tag.Element >> 8)), out string creator))
                tag.PrivateCreator = new DicomPrivateCreator(creator);
        }

        return dataset;
    }

    private static DicomTag TagOf(string name)
    {
        if (name.Length == 8 && uint.TryParse(name, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number))
            return number;
        return DicomDictionary.Default[name] ?? throw new JsonException($"'{name}' is neither a tag of eight hexadecimal digits nor a keyword.");
    }

    private static DicomItem ReadItem(DicomTag tag, JsonElement json, bool validate)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("vr", out var code) || code.ValueKind != JsonValueKind.String)
            throw new JsonException($"Malformed DICOM json. {tag} has no vr.");
        if (!DicomVR.TryParse(code.GetString()!, out var vr) || ReferenceEquals(vr, DicomVR.NONE))
            throw new JsonException($"Malformed DICOM json. {tag} has the unknown vr '{code}'.");
        if (json.TryGetProperty("BulkDataURI", out var uri) && !json.TryGetProperty("Value", out _))
            return ItemFactory.FromBuffer(vr, tag, new BulkDataUriByteBuffer(Text(tag, uri)), Utf8);
        if (json.TryGetProperty("InlineBinary", out var binary))
            return ItemFactory.FromBuffer(vr, tag, InlineBinary(tag, binary), Utf8);
        var values = json.TryGetProperty("Value", out var value) ? Values(tag, value) : [];
        return vr.Code switch
        {
            "SQ" => new DicomSequence(tag, Array.ConvertAll(values, item => Read(item, validate))),
            "PN" => new DicomPersonName(tag, Array.ConvertAll(values, name => Name(tag, name))),
            "AT" => new DicomAttributeTag(tag, Array.ConvertAll(values, other => TagOf(Text(tag, other)))),
            "DS" => new DicomDecimalString(tag, Numbers<decimal>(tag, values)),
            "IS" => new DicomIntegerString(tag, Numbers<int>(tag, values)),
            "FD" => new DicomFloatingPointDouble(tag, Numbers<double>(tag, values)),
            "FL" => new DicomFloatingPointSingle(tag, Numbers<float>(tag, values)),
            "SL" => new DicomSignedLong(tag, Numbers<int>(tag, values)),
            "SS" => new DicomSignedShort(tag, Numbers<short>(tag, values)),
            "SV" => new DicomSignedVeryLong(tag, Numbers<long>(tag, values)),
            "UL" => new DicomUnsignedLong(tag, Numbers<uint>(tag, values)),
            "US" => new DicomUnsignedShort(tag, Numbers<ushort>(tag, values)),
            "UV" => new DicomUnsignedVeryLong(tag, Numbers<ulong>(tag, values)),
            _ when vr.IsString => ItemFactory.FromValues(vr, tag, [.. values.Where(IsText).Select(text => text.GetString()!)]),
            _ => ItemFactory.FromBuffer(vr, tag, EmptyBuffer.Value, Utf8),
        };
    }

    private static JsonElement[] Values(DicomTag tag, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray()],
        JsonValueKind.Null => [],
        _ => throw new JsonException($"Malformed DICOM json. The Value of {tag} is no array."),
    };

    /// <summary>Numbers, or the text of numbers, as IS, DS, SV and UV may be written and the floating-point ones where they are not finite.</summary>
    private static T[] Numbers<T>(DicomTag tag, JsonElement[] values)
        where T : struct, IParsable<T> => Array.ConvertAll(values, value =>
    {
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(tag, value);
        return TryNumber<T>(text, out var number) ? number : throw new JsonException($"Malformed DICOM json. A value of {tag} is no number, or too large a one.");
    });

    private static bool TryNumber<T>(string text, out T number)
        where T : struct, IParsable<T>
    {
        if (typeof(T) != typeof(decimal))
            return T.TryParse(text, CultureInfo.InvariantCulture, out number);
        var isDecimal = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact);
        number = (T)(object)exact;
        return isDecimal;
    }

    private static string Name(DicomTag tag, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Null)
            return "";
        if (json.ValueKind != JsonValueKind.Object)
            throw new JsonException($"Malformed DICOM json. A name of {tag} is no object.");
        string[] groups = ["Alphabetic", "Ideographic", "Phonetic"];
        return string.Join('=', groups.Select(group => json.TryGetProperty(group, out var name) && IsText(name) ? name.GetString() : "")).TrimEnd('=');
    }

    private static MemoryByteBuffer InlineBinary(DicomTag tag, JsonElement json)
    {
        var text = json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 1 ? json[0] : json;
        return text.ValueKind == JsonValueKind.String && text.TryGetBytesFromBase64(out var bytes)
            ? new MemoryByteBuffer(bytes)
            : throw new JsonException($"Malformed DICOM json. The InlineBinary of {tag} is no base64.");
    }

    private static bool IsText(JsonElement json) => json.ValueKind is JsonValueKind.String or JsonValueKind.Null;

    private static string Text(DicomTag tag, JsonElement json) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : throw new JsonException($"Malformed DICOM json. A value of {tag} is no string.");
}
