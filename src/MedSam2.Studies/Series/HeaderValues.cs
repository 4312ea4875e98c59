using System.Globalization;
using System.Runtime.InteropServices;
using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>Reads single values of a header and turns every way in which one can be malformed into one exception.</summary>
internal static class HeaderValues
{
    /// <summary>The decimals of an attribute, or null where it is absent or empty.</summary>
    /// <exception cref="SeriesException">The value is no number, or there are fewer than <paramref name="count"/>.</exception>
    public static double[]? Decimals(DicomDataset dataset, DicomTag tag, int count)
    {
        var texts = Read(dataset, tag, static (d, t) => d.TryGetValues<string>(t, out var values) ? values : null);
        if (texts is null || texts.Length == 0 || texts.All(string.IsNullOrWhiteSpace))
            return null;
        if (texts.Length < count)
            throw Malformed(tag, $"has {texts.Length} values where {count} are needed");

        var numbers = new double[texts.Length];
        for (var n = 0; n < texts.Length; n++)
        {
            if (!double.TryParse(texts[n].Trim(' ', '\0'), NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[n]) || !double.IsFinite(numbers[n]))
                throw Malformed(tag, "is not a number");
        }

        return numbers;
    }

    public static double? Decimal(DicomDataset dataset, DicomTag tag) => Decimals(dataset, tag, 1)?[0];

    /// <summary>An unsigned short, or null where the attribute is absent or empty.</summary>
    public static int? UnsignedShort(DicomDataset dataset, DicomTag tag) =>
        Read(dataset, tag, static (d, t) => d.TryGetSingleValue<ushort>(t, out var value) ? (int?)value : null);

    /// <summary>All 16-bit words of an attribute, whichever of US, SS and OW it is; none where it is absent.</summary>
    public static ushort[] Words(DicomDataset dataset, DicomTag tag)
    {
        var bytes = Read(dataset, tag, static (d, t) => d.GetDicomItem<DicomItem>(t) is DicomElement element ? element.Buffer.Data : []);
        return MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan(0, bytes.Length & ~1)).ToArray();
    }

    /// <summary>A text without padding, or empty.</summary>
    public static string Text(DicomDataset dataset, DicomTag tag) =>
        Read(dataset, tag, static (d, t) => d.TryGetString(t, out var value) ? value?.Trim(' ', '\0') : null) ?? "";

    /// <summary>The first value of a text with several, or empty.</summary>
    public static string FirstText(DicomDataset dataset, DicomTag tag) => Text(dataset, tag).Split('\\')[0].Trim();

    /// <summary>A code as it may stand in a message: what is no code string could be anything, a name included.</summary>
    public static string Shown(string code) =>
        code.Length is > 0 and <= 16 && code.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '_' or ' ') ? code : "unknown";

    /// <summary>The first item of a sequence, or null.</summary>
    public static DicomDataset? FirstItem(DicomDataset? dataset, DicomTag tag) =>
        dataset is null ? null : Items(dataset, tag) is { Count: > 0 } items ? items[0] : null;

    public static IList<DicomDataset>? Items(DicomDataset dataset, DicomTag tag) =>
        Read(dataset, tag, static (d, t) => d.TryGetSequence(t, out var sequence) ? sequence.Items : null);

    public static SeriesException Malformed(DicomTag tag, string what, Exception? inner = null) => new(
        SeriesFault.BadHeader, $"{tag.DictionaryEntry.Keyword} {tag} {what}. Correct the header or leave the instance out.", inner);

    private static T Read<T>(DicomDataset dataset, DicomTag tag, Func<DicomDataset, DicomTag, T> read)
    {
        try
        {
            return read(dataset, tag);
        }
        catch (Exception e) when (e is DicomException or FormatException or InvalidCastException or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            throw Malformed(tag, "cannot be read", e);
        }
    }
}
