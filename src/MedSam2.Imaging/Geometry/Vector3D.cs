namespace MedSam2.Imaging.Geometry;

/// <summary>A point or direction in double precision; millimetres in LPS, or voxels in IJK, as the context says.</summary>
public readonly record struct Vector3D(double X, double Y, double Z)
{
    public static readonly Vector3D Zero;

    public double Length => Math.Sqrt(Dot(this));

    public static Vector3D operator +(Vector3D a, Vector3D b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    public static Vector3D operator -(Vector3D a, Vector3D b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public static Vector3D operator -(Vector3D a) => new(-a.X, -a.Y, -a.Z);

    public static Vector3D operator *(Vector3D a, double factor) => new(a.X * factor, a.Y * factor, a.Z * factor);

    public static Vector3D operator /(Vector3D a, double divisor) => new(a.X / divisor, a.Y / divisor, a.Z / divisor);

    public double Dot(Vector3D other) => (X * other.X) + (Y * other.Y) + (Z * other.Z);

    public Vector3D Cross(Vector3D other) => new(
        (Y * other.Z) - (Z * other.Y),
        (Z * other.X) - (X * other.Z),
        (X * other.Y) - (Y * other.X));

    /// <summary>The direction with length one.</summary>
    /// <exception cref="InvalidOperationException">The vector has no length.</exception>
    public Vector3D Normalized()
    {
        var length = Length;
        if (length is 0 || !double.IsFinite(length))
            throw new InvalidOperationException("A vector without length has no direction.");
        return this / length;
    }
}
