namespace MedSam2.Studies.Store;

/// <summary>A series of images in the store. Absent attributes are empty texts.</summary>
public sealed record ImageSeries
{
    public required string StudyInstanceUid { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public required string Modality { get; init; }

    public required string PatientId { get; init; }

    public required string StudyDate { get; init; }

    public required string StudyTime { get; init; }

    /// <summary>Whether a stored segmentation refers to it.</summary>
    public required bool IsSegmented { get; init; }
}
