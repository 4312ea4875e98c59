using MedSam2.Imaging.Geometry;

namespace MedSam2.Inference.Memory;

/// <summary>A slice in space: its stack and its position along it in mm.</summary>
internal readonly record struct SlicePlane(SliceAxis Axis, double Position)
{
    /// <summary>Millimetres from a point (in mm along the grid axes i, j, k) to the plane.</summary>
    public double DistanceTo(Vector3D point) => Math.Abs(Position - Axis switch
    {
        SliceAxis.I => point.X,
        SliceAxis.J => point.Y,
        _ => point.Z,
    });
}
