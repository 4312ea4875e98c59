namespace MedSam2.Training.Fitting.Frozen;

/// <summary>Where the features of a frozen encoder are kept.</summary>
public sealed record FeatureStoreOptions
{
    /// <summary>Bytes in memory; the slices used least recently go to disk.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Bytes on disk (0: none); where they do not suffice either, slices are encoded again.</summary>
    public long DiskBytes { get; init; } = 8L << 30;

    /// <summary>Folder of the file, which goes when training ends; null: the system's temporary folder.</summary>
    public string? Folder { get; init; }
}
