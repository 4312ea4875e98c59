using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats.Nifti;

/// <summary>
/// From a NIfTI header to IJK→LPS. The sform counts where its code is set and its axes are perpendicular (a registration
/// may have put a shear into it); then the qform where its code is set; a file with neither gets Analyze's frame as nibabel
/// reads it: x to the left, centred. Coordinates are RAS in the file and LPS afterwards.
/// </summary>
internal static class NiftiOrientation
{
    public static Affine Resolve(NiftiHeader header)
    {
        var affine = Choose(header);
        var millimetres = (header.Units & 7) switch { 1 => 1000.0, 3 => 0.001, _ => 1.0 };
        return new Affine(affine.I * millimetres, affine.J * millimetres, affine.K * millimetres, affine.Origin * millimetres).SwapLpsRas();
    }

    private static Affine Choose(NiftiHeader header)
    {
        string? refusal = null;
        if (header.SFormCode > 0)
        {
            var sform = FromSForm(header.SForm);
            refusal = GridCheck.WhyNotRectangular(sform);
            if (refusal is null)
                return sform;
            refusal = $"The sform's {refusal}";
        }

        if (header.QFormCode > 0)
        {
            var qform = FromQForm(header);
            if (GridCheck.WhyNotRectangular(qform) is not { } problem)
                return qform;
            refusal ??= $"The qform's {problem}";
        }

        if (refusal is not null)
            throw new ImageFormatException(refusal);

        var plain = FromSpacing(header);
        return GridCheck.WhyNotRectangular(plain) is { } cause ? throw new ImageFormatException($"The pixdim's {cause}") : plain;
    }

    private static Affine FromSForm(double[] m) =>
        new(new(m[0], m[4], m[8]), new(m[1], m[5], m[9]), new(m[2], m[6], m[10]), new(m[3], m[7], m[11]));

    private static Affine FromQForm(NiftiHeader header)
    {
        var q = header.Quaternion;
        var (b, c, d) = (q[0], q[1], q[2]);
        var rest = 1 - ((b * b) + (c * c) + (d * d));
        if (!(rest > -1e-3))
            throw new ImageFormatException($"The qform's quaternion ({b:R}, {c:R}, {d:R}) is not a rotation. Write the header again, or set qform_code to 0 and an sform.");
        double a;
        if (rest < 1e-7)
        {
            var length = Math.Sqrt((b * b) + (c * c) + (d * d));
            (a, b, c, d) = (0, b / length, c / length, d / length);
        }
        else
        {
            a = Math.Sqrt(rest);
        }

        var size = header.PixelDimensions;
        var qfac = size[0] < 0 ? -1 : 1;
        return new(
            new Vector3D((a * a) + (b * b) - (c * c) - (d * d), 2 * ((b * c) + (a * d)), 2 * ((b * d) - (a * c))) * size[1],
            new Vector3D(2 * ((b * c) - (a * d)), (a * a) + (c * c) - (b * b) - (d * d), 2 * ((c * d) + (a * b))) * size[2],
            new Vector3D(2 * ((b * d) + (a * c)), 2 * ((c * d) - (a * b)), (a * a) + (d * d) - (b * b) - (c * c)) * (size[3] * qfac),
            new(q[3], q[4], q[5]));
    }

    private static Affine FromSpacing(NiftiHeader header)
    {
        var (x, y, z) = (Math.Abs(header.PixelDimensions[1]), Math.Abs(header.PixelDimensions[2]), Math.Abs(header.PixelDimensions[3]));
        var (columns, rows, slices) = NiftiShape.Of(header);
        return new(
            new(-x, 0, 0),
            new(0, y, 0),
            new(0, 0, z),
            new(x * (columns - 1) / 2.0, -y * (rows - 1) / 2.0, -z * (slices - 1) / 2.0));
    }
}
