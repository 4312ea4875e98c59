namespace MedSam2.Imaging.Geometry;

/// <summary>
/// An affine map from voxel indices (i, j, k) to millimetres, by its columns: a step of one voxel along each axis, and
/// the position of voxel (0, 0, 0). In this project the target frame is DICOM's patient frame, LPS
/// (x to the left, y to the back, z to the head); NIfTI's RAS differs by the sign of x and y.
/// </summary>
public readonly record struct Affine(Vector3D I, Vector3D J, Vector3D K, Vector3D Origin)
{
    public static readonly Affine Identity = new(new(1, 0, 0), new(0, 1, 0), new(0, 0, 1), Vector3D.Zero);

    /// <summary>Signed volume of one voxel in mm³; negative for a left-handed grid.</summary>
    public double Determinant => I.Dot(J.Cross(K));

    /// <summary>Largest |cosine| between two axes: 0 for a rectangular grid, 1 where two axes are parallel.</summary>
    public double Skew => Math.Max(Math.Abs(Cosine(I, J)), Math.Max(Math.Abs(Cosine(J, K)), Math.Abs(Cosine(K, I))));

    /// <summary>Position of a (fractional) voxel index.</summary>
    public Vector3D Transform(Vector3D index) => TransformDirection(index) + Origin;

    /// <summary>Direction of an index difference, without the origin.</summary>
    public Vector3D TransformDirection(Vector3D step) => (I * step.X) + (J * step.Y) + (K * step.Z);

    /// <summary>The map from millimetres back to voxel indices.</summary>
    /// <exception cref="InvalidOperationException">The axes lie in one plane.</exception>
    public Affine Inverse()
    {
        var determinant = Determinant;
        if (Math.Abs(determinant) < 1e-12 * I.Length * J.Length * K.Length || !double.IsFinite(determinant) || determinant is 0)
            throw new InvalidOperationException("The volume's axes lie in one plane, so positions cannot be mapped back to voxels.");

        var rowI = J.Cross(K) / determinant;
        var rowJ = K.Cross(I) / determinant;
        var rowK = I.Cross(J) / determinant;
        return new(
            new(rowI.X, rowJ.X, rowK.X),
            new(rowI.Y, rowJ.Y, rowK.Y),
            new(rowI.Z, rowJ.Z, rowK.Z),
            -new Vector3D(rowI.Dot(Origin), rowJ.Dot(Origin), rowK.Dot(Origin)));
    }

    /// <summary>Exchanges LPS and RAS: the sign of the target's x and y.</summary>
    public Affine SwapLpsRas() => new(SwapLpsRas(I), SwapLpsRas(J), SwapLpsRas(K), SwapLpsRas(Origin));

    private static double Cosine(Vector3D a, Vector3D b) => a.Dot(b) / (a.Length * b.Length);

    private static Vector3D SwapLpsRas(Vector3D v) => new(-v.X, -v.Y, v.Z);
}
