namespace MedSam2.Studies.Store;

/// <summary>A study, a series of it, or an instance of that, by their UIDs.</summary>
public readonly record struct InstanceKey
{
    /// <exception cref="StudyStoreException">A UID is malformed, or one is given without the one above it.</exception>
    public InstanceKey(string study, string? series = null, string? instance = null)
    {
        StudyInstanceUid = DicomUidText.Require(study, "StudyInstanceUID");
        SeriesInstanceUid = series is null ? null : DicomUidText.Require(series, "SeriesInstanceUID");
        SopInstanceUid = instance is null ? null : DicomUidText.Require(instance, "SOPInstanceUID");
        if (series is null && instance is not null)
            throw new StudyStoreException(StoreFault.BadRequest, "An instance is named without its series. Give the SeriesInstanceUID too.");
    }

    public string StudyInstanceUid { get; }

    public string? SeriesInstanceUid { get; }

    public string? SopInstanceUid { get; }
}
