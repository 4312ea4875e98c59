namespace MedSam2.Studies.Store;

/// <summary>An instance in the store.</summary>
public sealed record StoredInstance
{
    public required string StudyInstanceUid { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public required string SopInstanceUid { get; init; }

    public required string SopClassUid { get; init; }

    public required string TransferSyntaxUid { get; init; }

    /// <summary>Number of frames; 1 for a plain image, 0 where there are no pixels.</summary>
    public required int Frames { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Length { get; init; }

    /// <summary>Its DICOM file. Open it for reading only.</summary>
    public required string Path { get; init; }
}
