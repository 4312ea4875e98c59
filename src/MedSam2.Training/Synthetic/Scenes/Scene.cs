namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>
/// A made-up anatomy without grey values: a cube in which each voxel belongs to one region. It is painted anew each time it is
/// looked at, so that shapes, which cost most to make, are seen in many contrasts.
/// </summary>
/// <param name="Side">Voxels along each edge of the cube.</param>
/// <param name="Voxels">Region of each voxel, x fastest, then y, then z.</param>
/// <param name="Regions">What the regions are; 0 is the air around.</param>
public sealed record Scene(int Side, byte[] Voxels, IReadOnlyList<SceneRegion> Regions);

/// <summary>One region of a scene.</summary>
/// <param name="IsObject">A solid that can be asked for; false for air, layers and the tissue between the solids.</param>
/// <param name="Parent">The object that it was put into, as a lesion into an organ; -1 if none.</param>
public sealed record SceneRegion(bool IsObject, int Parent);
