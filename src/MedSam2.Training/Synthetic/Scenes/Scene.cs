namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>
/// A made-up anatomy without grey values: a cube in which each voxel belongs to one region. It is painted anew each time it is
/// looked at, so that shapes, which cost most to make, are seen in many contrasts.
/// </summary>
/// <param name="Side">Voxels along each edge of the cube.</param>
/// <param name="Voxels">Region of each voxel, x fastest, then y, then z.</param>
/// <param name="Regions">What the regions are; 0 is the air around.</param>
public sealed record Scene(int Side, byte[] Voxels, IReadOnlyList<SceneRegion> Regions)
{
    /// <summary>Share of the views that are axial; the others have any of the three axes.</summary>
    public double Axial { get; init; }
}

/// <summary>One region of a scene.</summary>
/// <param name="IsObject">A solid that can be asked for; false for air, layers and the tissue between the solids.</param>
/// <param name="Parent">The object that it was put into, as a lesion into an organ; -1 if none.</param>
public sealed record SceneRegion(bool IsObject, int Parent)
{
    /// <summary>It belongs to its parent for everyone, as vessels do to the liver and gas to the colon; a lesion does for some.</summary>
    public bool IsPart { get; init; }

    /// <summary>An earlier region of the same tissue, which looks alike: vertebrae have one grey value; -1 if none.</summary>
    public int Kin { get; init; } = -1;

    /// <summary>Grey value (0 to 1) that the tissue has in CT with a window for soft tissue; null where there is none.</summary>
    public float? Typical { get; init; }
}
