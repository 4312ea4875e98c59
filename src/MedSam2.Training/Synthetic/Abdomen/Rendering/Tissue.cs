using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>Space that a tissue may fill, in mm.</summary>
internal readonly record struct Box(Vector3 Low, Vector3 High)
{
    public static readonly Box Everywhere = new(new(-1000), new(1000));

    public static Box Around(Vector3 centre, Vector3 radii) => new(centre - radii, centre + radii);
}

/// <summary>A place as a tissue sees it.</summary>
/// <param name="Point">In the anatomy's own frame, which the patient's frame is a smooth distortion of.</param>
/// <param name="Wall">Where the place lies with respect to the skin and the wall of the trunk.</param>
/// <param name="Height">Height above the table in the patient's frame (-y), which gas and fluid settle by.</param>
internal readonly record struct Place(Vector3 Point, WallPlace Wall, float Height);

/// <summary>A place with respect to the trunk's wall; all distances in mm.</summary>
/// <param name="Skin">Depth below the skin.</param>
/// <param name="Muscle">Depth below the subcutaneous fat.</param>
/// <param name="Cavity">Depth below the inner surface of the wall.</param>
/// <param name="Abdomen">Depth below the diaphragm and the wall: what abdominal organs have to themselves.</param>
internal readonly record struct WallPlace(float Skin, float Muscle, float Cavity, float Abdomen);

/// <summary>One thing in the body: where it is, how dense it is, and what it is called. Later tissues cover earlier ones.</summary>
internal abstract class Tissue(Box bounds, byte label)
{
    public Box Bounds { get; } = bounds;

    /// <summary>Value in the label map; 0 leaves the label of what lies beneath.</summary>
    public byte Label { get; } = label;

    /// <summary>A piece of a vessel: there are hundreds.</summary>
    public bool IsVessel { get; init; }

    /// <summary>Signed distance to the surface in mm, negative inside.</summary>
    public abstract float Distance(in Place place);

    /// <summary>Density in HU at a depth below the surface (mm, negative just outside).</summary>
    public abstract float Density(in Place place, float depth);
}

internal delegate float DistanceField(in Place place);

internal delegate float DensityField(in Place place, float depth);

/// <summary>A tissue made of two functions.</summary>
internal sealed class FieldTissue(Box bounds, byte label, DistanceField distance, DensityField density) : Tissue(bounds, label)
{
    public override float Distance(in Place place) => distance(in place);

    public override float Density(in Place place, float depth) => density(in place, depth);
}
