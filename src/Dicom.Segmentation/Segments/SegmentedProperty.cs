namespace Dicom.Segmentation;

/// <summary>What a segment is, in codes: category, type, and their modifiers (PS3.3 C.8.20.4).</summary>
public sealed record SegmentedProperty(CodedConcept Category, CodedConcept Type)
{
    /// <summary>Tissue of no further said kind: what to take where the name is free text.</summary>
    public static readonly SegmentedProperty Tissue = new(CodedConcept.Tissue, CodedConcept.Tissue);

    /// <summary>Laterality and the like.</summary>
    public IReadOnlyList<CodedConcept> TypeModifiers { get; init; } = [];

    /// <summary>Where it lies, for things that the type does not place: a cyst in the kidney.</summary>
    public CodedConcept? AnatomicRegion { get; init; }

    public IReadOnlyList<CodedConcept> AnatomicRegionModifiers { get; init; } = [];
}
