using System.Globalization;
using System.Text;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>The item class of each value representation.</summary>
internal static class ItemFactory
{
    /// <summary>An element as it was read; <paramref name="encodings"/> are those that apply to its text.</summary>
    public static DicomElement FromBuffer(DicomVR vr, DicomTag tag, IByteBuffer data, Encoding[] encodings) => vr.Code switch
    {
        "AE" => new DicomApplicationEntity(tag, data),
        "AS" => new DicomAgeString(tag, data),
        "AT" => new DicomAttributeTag(tag, data),
        "CS" => new DicomCodeString(tag, data),
        "DA" => new DicomDate(tag, data),
        "DS" => new DicomDecimalString(tag, data),
        "DT" => new DicomDateTime(tag, data),
        "FD" => new DicomFloatingPointDouble(tag, data),
        "FL" => new DicomFloatingPointSingle(tag, data),
        "IS" => new DicomIntegerString(tag, data),
        "LO" => new DicomLongString(tag, encodings, data),
        "LT" => new DicomLongText(tag, encodings, data),
        "OB" => new DicomOtherByte(tag, data),
        "OD" => new DicomOtherDouble(tag, data),
        "OF" => new DicomOtherFloat(tag, data),
        "OL" => new DicomOtherLong(tag, data),
        "OV" => new DicomOtherVeryLong(tag, data),
        "OW" => new DicomOtherWord(tag, data),
        "PN" => new DicomPersonName(tag, encodings, data),
        "SH" => new DicomShortString(tag, encodings, data),
        "SL" => new DicomSignedLong(tag, data),
        "SS" => new DicomSignedShort(tag, data),
        "ST" => new DicomShortText(tag, encodings, data),
        "SV" => new DicomSignedVeryLong(tag, data),
        "TM" => new DicomTime(tag, data),
        "UC" => new DicomUnlimitedCharacters(tag, encodings, data),
        "UI" => new DicomUniqueIdentifier(tag, data),
        "UL" => new DicomUnsignedLong(tag, data),
        "UN" => new DicomUnknown(tag, data),
        "UR" => new DicomUniversalResource(tag, encodings, data),
        "US" => new DicomUnsignedShort(tag, data),
        "UT" => new DicomUnlimitedText(tag, encodings, data),
        "UV" => new DicomUnsignedVeryLong(tag, data),
        _ => throw new DicomDataException($"A value of {tag} cannot have the representation {vr.Code}."),
    };

    /// <summary>An item with values of a .NET type that its representation can hold.</summary>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public static DicomItem FromValues<T>(DicomVR vr, DicomTag tag, T[] values)
    {
        if (ReferenceEquals(vr, DicomVR.SQ))
            return new DicomSequence(tag, values is null ? [] : values as DicomDataset[] ?? throw Unfit<T>(vr));
        if (values is null)
            return FromBuffer(vr, tag, EmptyBuffer.Value, DicomEncoding.DefaultArray);
        if (typeof(T) == typeof(IByteBuffer) && values.Length == 1 && vr.Code is ("OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "UN"))
            return FromBuffer(vr, tag, (IByteBuffer)values[0], DicomEncoding.DefaultArray);
        return (vr.IsString ? Text(vr, tag, values) : Binary(vr, tag, values)) ?? throw Unfit<T>(vr);
    }

    private static DicomElement Text<T>(DicomVR vr, DicomTag tag, T[] values) => (vr.Code, values) switch
    {
        ("DA", DateTime[] dates) => new DicomDate(tag, dates),
        ("TM", DateTime[] times) => new DicomTime(tag, times),
        ("DT", DateTime[] moments) => new DicomDateTime(tag, moments),
        ("DS", decimal[] numbers) => new DicomDecimalString(tag, numbers),
        ("DS", double[] numbers) => new DicomDecimalString(tag, Array.ConvertAll(numbers, Convert.ToDecimal)),
        ("DS", float[] numbers) => new DicomDecimalString(tag, Array.ConvertAll(numbers, Convert.ToDecimal)),
        ("IS", int[] numbers) when typeof(T) == typeof(int) => new DicomIntegerString(tag, numbers),
        ("UI", DicomUID[] uids) => new DicomUniqueIdentifier(tag, uids),
        ("UI", DicomTransferSyntax[] syntaxes) => new DicomUniqueIdentifier(tag, syntaxes),
        ("CS", _) when typeof(T).IsEnum => new DicomCodeString(tag, Array.ConvertAll(values, value => value.ToString().ToUpperInvariant())),
        (_, string[] text) => FromText(vr, tag, text),
        _ => null,
    };

    private static DicomElement FromText(DicomVR vr, DicomTag tag, string[] text) => vr.Code switch
    {
        "AE" => new DicomApplicationEntity(tag, text),
        "AS" => new DicomAgeString(tag, text),
        "CS" => new DicomCodeString(tag, text),
        "DA" => new DicomDate(tag, text),
        "DS" => new DicomDecimalString(tag, text),
        "DT" => new DicomDateTime(tag, text),
        "IS" => new DicomIntegerString(tag, text),
        "LO" => new DicomLongString(tag, text),
        "LT" => new DicomLongText(tag, text.FirstOrDefault()),
        "PN" => new DicomPersonName(tag, text),
        "SH" => new DicomShortString(tag, text),
        "ST" => new DicomShortText(tag, text.FirstOrDefault()),
        "TM" => new DicomTime(tag, text),
        "UC" => new DicomUnlimitedCharacters(tag, text),
        "UI" => new DicomUniqueIdentifier(tag, text),
        "UR" => new DicomUniversalResource(tag, text.FirstOrDefault()),
        "UT" => new DicomUnlimitedText(tag, text.FirstOrDefault()),
        _ => null,
    };

    private static DicomElement Binary<T>(DicomVR vr, DicomTag tag, T[] values) => vr.Code switch
    {
        "AT" when values is DicomTag[] tags => new DicomAttributeTag(tag, tags),
        "AT" when Parse(tag, values, DicomTag.Parse) is { } tags => new DicomAttributeTag(tag, tags),
        "FD" when values is float[] numbers => new DicomFloatingPointDouble(tag, Array.ConvertAll(numbers, Convert.ToDouble)),
        "FD" when Numbers<T, double>(tag, values) is { } numbers => new DicomFloatingPointDouble(tag, numbers),
        "FL" when values is double[] numbers => new DicomFloatingPointSingle(tag, Array.ConvertAll(numbers, Convert.ToSingle)),
        "FL" when Numbers<T, float>(tag, values) is { } numbers => new DicomFloatingPointSingle(tag, numbers),
        "SL" when Numbers<T, int>(tag, values) is { } numbers => new DicomSignedLong(tag, numbers),
        "SS" when Numbers<T, short>(tag, values) is { } numbers => new DicomSignedShort(tag, numbers),
        "SV" when Numbers<T, long>(tag, values) is { } numbers => new DicomSignedVeryLong(tag, numbers),
        "UL" when Numbers<T, uint>(tag, values) is { } numbers => new DicomUnsignedLong(tag, numbers),
        "US" when Numbers<T, ushort>(tag, values) is { } numbers => new DicomUnsignedShort(tag, numbers),
        "UV" when Numbers<T, ulong>(tag, values) is { } numbers => new DicomUnsignedVeryLong(tag, numbers),
        "OB" when values is byte[] bytes && typeof(T) == typeof(byte) => new DicomOtherByte(tag, bytes),
        "OD" when values is double[] numbers => new DicomOtherDouble(tag, numbers),
        "OF" when values is float[] numbers => new DicomOtherFloat(tag, numbers),
        "OL" when values is uint[] numbers && typeof(T) == typeof(uint) => new DicomOtherLong(tag, numbers),
        "OV" when values is ulong[] numbers && typeof(T) == typeof(ulong) => new DicomOtherVeryLong(tag, numbers),
        "OW" when values is ushort[] words && typeof(T) == typeof(ushort) => new DicomOtherWord(tag, words),
        "UN" when values is byte[] bytes && typeof(T) == typeof(byte) => new DicomUnknown(tag, bytes),
        _ => null,
    };

    /// <summary>Values that are numbers of the type, or text of such numbers; otherwise null.</summary>
    private static TNumber[] Numbers<T, TNumber>(DicomTag tag, T[] values)
        where TNumber : IParsable<TNumber> =>
        typeof(T) == typeof(TNumber) ? (TNumber[])(object)values : Parse(tag, values, text => TNumber.Parse(text, CultureInfo.InvariantCulture));

    private static TOut[] Parse<T, TOut>(DicomTag tag, T[] values, Func<string, TOut> parse)
    {
        if (values is not string[] text)
            return null;
        if (text.Length == 1 && tag.DictionaryEntry.ValueMultiplicity.Maximum > 1)
            text = text[0].Split('\\');
        return [.. text.Where(value => !string.IsNullOrWhiteSpace(value)).Select(parse)];
    }

    private static InvalidOperationException Unfit<T>(DicomVR vr) =>
        new($"Unable to create DICOM element of type {vr.Code} with values of type {typeof(T)}");
}
