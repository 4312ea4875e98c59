namespace MedSam2.Studies.Store;

/// <summary>Where a store keeps its studies.</summary>
public sealed record StudyStoreOptions
{
    /// <summary>The folder that the store owns: stored instances and the index. Made where it does not exist.</summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// A folder of DICOM files to serve as it is, or null. It is never written to: new instances go to a part of
    /// <see cref="DataFolder"/> that belongs to this folder alone.
    /// </summary>
    public string? ServedFolder { get; init; }

    public StoreLimits Limits { get; init; } = StoreLimits.Default;
}
