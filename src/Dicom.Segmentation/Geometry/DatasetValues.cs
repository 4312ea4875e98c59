using System.Globalization;
using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Reading of attributes that may be absent, empty or malformed, and decimal strings.</summary>
internal static class DatasetValues
{
    public static string? Text(this DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetValues<string>(tag, out var values) && values is [var value, ..] && !string.IsNullOrWhiteSpace(value)
            ? value.Trim(' ', '\0')
            : null;

    public static int? Integer(this DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetValue<int>(tag, 0, out var value) ? value : null;

    /// <summary>Exactly so many finite numbers, or null.</summary>
    public static double[]? Numbers(this DicomDataset dataset, DicomTag tag, int count) =>
        dataset.TryGetValues<double>(tag, out var values) && values.Length == count && Array.TrueForAll(values, double.IsFinite)
            ? values
            : null;

    public static double? Number(this DicomDataset dataset, DicomTag tag) => dataset.Numbers(tag, 1)?[0];

    public static IReadOnlyList<DicomDataset> Items(this DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetSequence(tag, out var sequence) ? [.. sequence.Items] : [];

    public static DicomDataset? FirstItem(this DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetSequence(tag, out var sequence) && sequence.Items is [var first, ..] ? first : null;

    /// <summary>The shortest decimal string (DS, at most 16 characters) that gives the number back, or comes nearest.</summary>
    public static string ToDecimalString(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        for (var digits = 16; text.Length > 16; digits--)
            text = value.ToString($"G{digits}", CultureInfo.InvariantCulture);
        return text;
    }

    public static void AddNumbers(this DicomDataset dataset, DicomTag tag, params double[] values) =>
        dataset.Add(tag, Array.ConvertAll(values, ToDecimalString));

    public static void AddItem(this DicomDataset dataset, DicomTag tag, DicomDataset item) =>
        dataset.Add(new DicomSequence(tag, item));
}
