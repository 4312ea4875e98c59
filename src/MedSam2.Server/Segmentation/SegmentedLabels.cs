using MedSam2.Imaging.Volumes;
using MedSam2.Server.Datastore;

namespace MedSam2.Server.Segmentation;

/// <summary>Named objects in a volume.</summary>
/// <param name="Map">The value of each voxel, 0 outside.</param>
/// <param name="Names">What the values are called.</param>
/// <param name="FirstMask">Until the first prompt's slice was known.</param>
/// <param name="Total">Until all was known.</param>
/// <param name="Slices">How many slices objects were carried to.</param>
internal sealed record SegmentedLabels(LabelMap Map, IReadOnlyDictionary<int, string> Names, TimeSpan FirstMask, TimeSpan Total, int Slices)
{
    /// <summary>The grey window that the network saw the volume through; null where it saw nothing.</summary>
    public IntensityWindow? Window { get; init; }

    /// <summary>How they were found, in words; null where nothing was asked of the network.</summary>
    public string? Method { get; init; }

    public bool IsEmpty => !Map.Labels.AsSpan().ContainsAnyExcept((byte)0);
}

/// <summary>A labelled image that shows what to look for in others.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="Volume">Its voxels.</param>
/// <param name="Labels">What a person says of it.</param>
internal sealed record Template(string ImageId, Volume Volume, NamedLabels Labels);
