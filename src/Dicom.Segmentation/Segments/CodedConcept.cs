namespace Dicom.Segmentation;

/// <summary>An entry of a terminology, such as (10200004, SCT, "Liver").</summary>
/// <param name="Value">Code Value (0008,0100); longer ones are stored as Long Code Value.</param>
/// <param name="Scheme">Coding Scheme Designator: <c>SCT</c> for SNOMED CT, <c>DCM</c> for DICOM's own.</param>
/// <param name="Meaning">The meaning in words, for people.</param>
public sealed record CodedConcept(string Value, string Scheme, string Meaning)
{
    public static readonly CodedConcept Tissue = new("85756007", "SCT", "Tissue");

    public static readonly CodedConcept AnatomicalStructure = new("123037004", "SCT", "Anatomical Structure");

    public static readonly CodedConcept MorphologicallyAbnormalStructure =
        new("49755003", "SCT", "Morphologically Abnormal Structure");

    public static readonly CodedConcept PhysicalObject = new("260787004", "SCT", "Physical object");

    public static readonly CodedConcept Left = new("7771000", "SCT", "Left");

    public static readonly CodedConcept Right = new("24028007", "SCT", "Right");

    /// <summary>Algorithm family of a trained network (CID 7162).</summary>
    public static readonly CodedConcept ArtificialIntelligence = new("123110", "DCM", "Artificial Intelligence");

    internal static readonly CodedConcept SpatialConcept = new("309825002", "SCT", "Spatial and Relational Concept");

    internal static readonly CodedConcept Background = new("125040", "DCM", "Background");

    internal static readonly CodedConcept SegmentationDerivation = new("113076", "DCM", "Segmentation");

    internal static readonly CodedConcept ProcessingSource =
        new("121322", "DCM", "Source Image for Image Processing Operation");
}
