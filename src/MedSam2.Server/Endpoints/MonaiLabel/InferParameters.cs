using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>What the <c>params</c> of an infer request say, as far as the server understands it; unknown keys mean nothing.</summary>
internal sealed record InferParameters
{
    public IReadOnlyList<VoxelPoint> Foreground { get; init; } = [];

    public IReadOnlyList<VoxelPoint> Background { get; init; } = [];

    /// <summary>A box, as sent: pairs may descend and may leave the volume.</summary>
    public VoxelBox? Roi { get; init; }

    /// <summary>The slice that the viewer shows, for 2D models.</summary>
    public int? Slice { get; init; }

    /// <summary>Name of the segment that the person is drawing.</summary>
    public string? Label { get; init; }

    /// <summary>Names of the segments in a DICOM SEG; null where the request has none.</summary>
    public IReadOnlyList<string>? LabelInfo { get; init; }

    /// <summary>The device that is to compute, by its name; null for any.</summary>
    public string? Device { get; init; }

    public ResultFormat Result { get; init; } = new();

    /// <summary>Keep the result as a label of the image.</summary>
    public bool SaveLabel { get; init; }

    /// <summary>The kept label's tag.</summary>
    public string LabelTag { get; init; } = DatastoreLabel.Original;

    /// <summary>The image whose label shows what to look for; null takes the one that was approved last.</summary>
    public string? Template { get; init; }

    public ModelSettings Settings { get; init; } = new();
}

/// <summary>A point in voxel indices.</summary>
/// <param name="I">Column.</param>
/// <param name="J">Row.</param>
/// <param name="K">Slice.</param>
/// <param name="Number">Its place in the request's list.</param>
internal readonly record struct VoxelPoint(double I, double J, double K, int Number);

/// <summary>Two opposite corners in voxel indices, both inside the box.</summary>
internal readonly record struct VoxelBox(double I0, double I1, double J0, double J1, double K0, double K1);
