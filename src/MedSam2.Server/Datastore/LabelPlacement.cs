using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Datastore;

/// <summary>Lays the label that somebody saves on the image that it is about.</summary>
internal static class LabelPlacement
{
    private const double SameMillimetres = 0.01;

    /// <returns>The label on the image's grid; the label itself where the grids are the same, or where it is empty.</returns>
    /// <exception cref="RequestException">It lies elsewhere: kept, it would be an empty label of this image.</exception>
    public static LabelMap On(VolumeGeometry image, LabelMap labels)
    {
        if (SameGrid(labels.Geometry, image) || !HoldsAny(labels))
            return labels;
        var laid = labels.LayOnto(image);
        return HoldsAny(laid)
            ? laid
            : throw new ParameterException("The label lies outside the image: it belongs to another one, or its geometry was lost.", "body", "label");
    }

    public static bool HoldsAny(LabelMap labels) => labels.Labels.AsSpan().ContainsAnyExcept((byte)0);

    private static bool SameGrid(VolumeGeometry a, VolumeGeometry b)
    {
        if ((a.Columns, a.Rows, a.Slices) != (b.Columns, b.Rows, b.Slices))
            return false;
        Vector3D[] corners = [new(0, 0, 0), new(a.Columns, 0, 0), new(0, a.Rows, 0), new(0, 0, a.Slices)];
        return corners.All(corner => (a.IjkToLps.Transform(corner) - b.IjkToLps.Transform(corner)).Length < SameMillimetres);
    }
}
