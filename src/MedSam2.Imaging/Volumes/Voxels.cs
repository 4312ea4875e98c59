namespace MedSam2.Imaging.Volumes;

/// <summary>Voxel values in their compact stored form, read as real values (HU for CT).</summary>
public abstract class Voxels
{
    public abstract long Count { get; }

    public abstract float this[long offset] { get; }

    /// <summary>Reads <c>destination.Length</c> values from <paramref name="start"/>, <paramref name="step"/> apart in storage.</summary>
    public abstract void Read(long start, long step, Span<float> destination);
}

/// <summary>16-bit stored values with one rescale for the whole volume: <c>value = stored * slope + intercept</c>.</summary>
public sealed class Int16Voxels(short[] stored, float slope = 1, float intercept = 0) : Voxels
{
    public short[] Stored { get; } = stored;

    public float Slope { get; } = slope;

    public float Intercept { get; } = intercept;

    public override long Count => Stored.LongLength;

    public override float this[long offset] => (Stored[offset] * Slope) + Intercept;

    public override void Read(long start, long step, Span<float> destination)
    {
        for (var n = 0; n < destination.Length; n++, start += step)
            destination[n] = (Stored[start] * Slope) + Intercept;
    }
}

/// <summary>Values as they are, where 16 bits with one rescale cannot hold them.</summary>
public sealed class Float32Voxels(float[] values) : Voxels
{
    public float[] Values { get; } = values;

    public override long Count => Values.LongLength;

    public override float this[long offset] => Values[offset];

    public override void Read(long start, long step, Span<float> destination)
    {
        for (var n = 0; n < destination.Length; n++, start += step)
            destination[n] = Values[start];
    }
}
