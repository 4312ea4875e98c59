namespace FellowOakDicom;

/// <summary>What PS3.6 says of one attribute.</summary>
public sealed class DicomDictionaryEntry
{
    internal DicomDictionaryEntry(DicomTag tag, string keyword, DicomVM vm, bool retired, params DicomVR[] vrs)
    {
        Tag = tag;
        Keyword = keyword;
        ValueMultiplicity = vm;
        IsRetired = retired;
        ValueRepresentations = vrs;
    }

    public DicomTag Tag { get; }

    public string Keyword { get; }

    public DicomVR[] ValueRepresentations { get; }

    public DicomVM ValueMultiplicity { get; }

    public bool IsRetired { get; }

    /// <summary>The bits of the tag that must agree, for attributes of repeating groups such as (60xx,3000).</summary>
    internal uint Mask { get; init; } = uint.MaxValue;

    internal bool Matches(uint tag) => (tag & Mask) == (Tag.Number & Mask);
}
