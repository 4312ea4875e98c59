using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Code sequences (PS3.3 table 8.8-1) to and from <see cref="CodedConcept"/>.</summary>
internal static class CodeSequences
{
    // Code Value is a short string; what is longer goes to Long Code Value.
    private const int ShortStringLength = 16;

    public static void AddCode(this DicomDataset dataset, DicomTag sequence, CodedConcept concept) =>
        dataset.AddCodes(sequence, [concept]);

    /// <summary>Adds nothing where there is no concept.</summary>
    public static void AddCodes(this DicomDataset dataset, DicomTag sequence, IReadOnlyCollection<CodedConcept> concepts)
    {
        if (concepts.Count > 0)
            dataset.Add(new DicomSequence(sequence, [.. concepts.Select(ToItem)]));
    }

    public static CodedConcept? Code(this DicomDataset dataset, DicomTag sequence) =>
        dataset.FirstItem(sequence) is { } item ? FromItem(item) : null;

    public static IReadOnlyList<CodedConcept> Codes(this DicomDataset dataset, DicomTag sequence) =>
        [.. dataset.Items(sequence).Select(FromItem).OfType<CodedConcept>()];

    private static DicomDataset ToItem(CodedConcept concept)
    {
        var item = new DicomDataset().NotValidated();
        item.Add(concept.Value.Length <= ShortStringLength ? DicomTag.CodeValue : DicomTag.LongCodeValue, Checked.Text(concept.Value, 1024, "code value"));
        item.Add(DicomTag.CodingSchemeDesignator, Checked.Text(concept.Scheme, 16, "coding scheme designator"));
        item.Add(DicomTag.CodeMeaning, Checked.Text(concept.Meaning, 64, "code meaning"));
        return item;
    }

    private static CodedConcept? FromItem(DicomDataset item) =>
        (item.Text(DicomTag.CodeValue) ?? item.Text(DicomTag.LongCodeValue) ?? item.Text(DicomTag.URNCodeValue)) is { } value
            ? new CodedConcept(value, item.Text(DicomTag.CodingSchemeDesignator) ?? "", item.Text(DicomTag.CodeMeaning) ?? "")
            : null;
}
