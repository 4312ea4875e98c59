using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Volumes;

/// <summary>Lays labels on an image's grid where both have the same voxels, stored in another order of axes or directions.</summary>
public static class GridAlignment
{
    /// <summary>How far, in voxels, a voxel of one grid may lie from one of the other and still be the same.</summary>
    private const double Tolerance = 0.1;

    /// <exception cref="ArgumentException">The grids do not have the same voxels.</exception>
    public static LabelMap To(LabelMap labels, VolumeGeometry image)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(image);
        var inverse = labels.Geometry.IjkToLps.Inverse();
        var origin = Round(inverse.Transform(image.IjkToLps.Origin));
        var (i, j, k) = (Step(image.IjkToLps.I, image.Columns), Step(image.IjkToLps.J, image.Rows), Step(image.IjkToLps.K, image.Slices));
        var far = (I: origin.I + (i.I * (image.Columns - 1)) + (j.I * (image.Rows - 1)) + (k.I * (image.Slices - 1)),
            J: origin.J + (i.J * (image.Columns - 1)) + (j.J * (image.Rows - 1)) + (k.J * (image.Slices - 1)),
            K: origin.K + (i.K * (image.Columns - 1)) + (j.K * (image.Rows - 1)) + (k.K * (image.Slices - 1)));
        if (image.VoxelCount != labels.Geometry.VoxelCount || !labels.Geometry.Contains(origin.I, origin.J, origin.K) || !labels.Geometry.Contains(far.I, far.J, far.K))
            throw Apart(labels.Geometry, image);

        var aligned = new LabelMap(image);
        for (var (n, z) = (0, 0); z < image.Slices; z++)
        {
            for (var y = 0; y < image.Rows; y++)
            {
                for (var x = 0; x < image.Columns; x++, n++)
                {
                    aligned.Labels[n] = labels[
                        origin.I + (i.I * x) + (j.I * y) + (k.I * z), origin.J + (i.J * x) + (j.J * y) + (k.J * z), origin.K + (i.K * x) + (j.K * y) + (k.K * z)];
                }
            }
        }

        return aligned;

        (int I, int J, int K) Round(Vector3D at) => Math.Abs(at.X - Math.Round(at.X)) <= Tolerance && Math.Abs(at.Y - Math.Round(at.Y)) <= Tolerance && Math.Abs(at.Z - Math.Round(at.Z)) <= Tolerance
            && Math.Max(Math.Abs(at.X), Math.Max(Math.Abs(at.Y), Math.Abs(at.Z))) < int.MaxValue
            ? ((int)Math.Round(at.X), (int)Math.Round(at.Y), (int)Math.Round(at.Z))
            : throw Apart(labels.Geometry, image);

        // One voxel onward along the image is one voxel along one axis of the labels, over the whole length of the image.
        (int I, int J, int K) Step(Vector3D axis, int count)
        {
            // A single slice has no next one: its thickness need not agree.
            if (count == 1)
                return (0, 0, 0);
            var step = inverse.TransformDirection(axis);
            var (a, b, c) = Round(step);
            var drift = Math.Max(Math.Abs(step.X - a), Math.Max(Math.Abs(step.Y - b), Math.Abs(step.Z - c))) * (count - 1);
            return drift <= Tolerance && Math.Abs(a) + Math.Abs(b) + Math.Abs(c) == 1 ? (a, b, c) : throw Apart(labels.Geometry, image);
        }
    }

    private static ArgumentException Apart(VolumeGeometry labels, VolumeGeometry image) => new(
        $"The labels' grid of {labels.Columns} x {labels.Rows} x {labels.Slices} voxels does not lie on the image's of {image.Columns} x {image.Rows} x {image.Slices}: resample one onto the other first.");
}
