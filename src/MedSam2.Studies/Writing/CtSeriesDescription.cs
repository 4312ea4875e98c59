namespace MedSam2.Studies.Writing;

/// <summary>What a written CT series says of itself besides its pixels and geometry.</summary>
/// <param name="Identity">Name that all identifiers of the study, series, frame of reference and instances follow from.</param>
/// <param name="PatientName">In DICOM's form, family name first: <c>PHANTOM^ABDOMEN</c>.</param>
/// <param name="PatientId">Identifier of the patient.</param>
public sealed record CtSeriesDescription(string Identity, string PatientName, string PatientId)
{
    public string StudyDescription { get; init; } = "";

    public string SeriesDescription { get; init; } = "";

    /// <summary>A defined term of PS3.16 annex L, such as <c>ABDOMEN</c>.</summary>
    public string BodyPart { get; init; } = "";

    public DateTime Taken { get; init; } = new(2026, 1, 1, 12, 0, 0, DateTimeKind.Unspecified);

    /// <summary>Whether the picture shows a phantom instead of a patient (0028,0300).</summary>
    public bool IsPhantom { get; init; }

    public string Manufacturer { get; init; } = "MedSam2.Plugin";

    public string Model { get; init; } = "";

    public string StudyInstanceUid => NamedUid.From($"{Identity}/study");

    public string SeriesInstanceUid => NamedUid.From($"{Identity}/series");

    public string FrameOfReferenceUid => NamedUid.From($"{Identity}/frame of reference");

    public string SopInstanceUid(int slice) => NamedUid.From(FormattableString.Invariant($"{Identity}/slice {slice}"));
}
