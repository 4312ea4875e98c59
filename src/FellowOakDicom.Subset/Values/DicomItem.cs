namespace FellowOakDicom;

/// <summary>One attribute of a dataset: an element, a sequence, or encapsulated fragments.</summary>
public abstract class DicomItem : IComparable<DicomItem>
{
    protected DicomItem(DicomTag tag) => Tag = tag;

    public DicomTag Tag { get; internal set; }

    public abstract DicomVR ValueRepresentation { get; }

    public int CompareTo(DicomItem other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Tag.CompareTo(other.Tag);
    }

    /// <exception cref="DicomValidationException">A value does not obey the rules of its representation.</exception>
    public virtual void Validate()
    {
    }

    public override string ToString() => $"{Tag} {ValueRepresentation} {Tag.DictionaryEntry.Keyword}";
}
