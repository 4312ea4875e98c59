using System.IO.Compression;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference.Orientations;

/// <summary>
/// How far the orientations disagree about an object: a level a voxel, 0 to 255 for a spread of 0 to 0.5. It is part of what
/// is kept of an object, so its compressed size has an end: a map that would be larger is told in coarser levels.
/// </summary>
internal sealed class SpreadMap
{
    /// <summary>Bytes that a map takes at most where it is kept.</summary>
    public const int MostBytes = 4 << 20;

    private readonly byte[] levels;

    private SpreadMap(OrientationChoice? choice, SliceAxis axis, VoxelBox box, byte[] levels, byte[] compressed)
    {
        (Choice, Axis, Box, this.levels, Compressed) = (choice, axis, box, levels, compressed);
    }

    /// <summary>The passes that were fused; null where only a part of the object's slices took their answer.</summary>
    public OrientationChoice? Choice { get; }

    /// <summary>The plane that they began in.</summary>
    public SliceAxis Axis { get; }

    /// <summary>Outside of it nothing disagrees.</summary>
    public VoxelBox Box { get; }

    /// <summary>The levels of the box, i fastest, as a zlib stream.</summary>
    public byte[] Compressed { get; }

    /// <param name="choice">The passes that were fused.</param>
    /// <param name="axis">The plane that they began in.</param>
    /// <param name="box">Where there is any.</param>
    /// <param name="spread">Of each of its voxels, i fastest, 0 to 0.5.</param>
    /// <param name="mostBytes">Compressed.</param>
    public static SpreadMap Create(OrientationChoice? choice, SliceAxis axis, VoxelBox box, ReadOnlySpan<float> spread, int mostBytes = MostBytes)
    {
        var levels = new byte[spread.Length];
        for (var n = 0; n < levels.Length; n++)
            levels[n] = (byte)Math.Clamp((spread[n] * 510) + 0.5f, 0, 255);
        var compressed = Compress(levels);
        for (var step = 2; compressed.Length > mostBytes && step <= 256; step *= 2)
        {
            for (var n = 0; n < levels.Length; n++)
                levels[n] = (byte)(levels[n] / step * step);
            compressed = Compress(levels);
        }

        return new(choice, axis, box, levels, compressed);
    }

    /// <param name="choice">Of the map that was kept.</param>
    /// <param name="axis">Of the map that was kept.</param>
    /// <param name="box">Of the map that was kept.</param>
    /// <param name="compressed">From <see cref="Compressed"/>.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static SpreadMap Read(OrientationChoice? choice, SliceAxis axis, VoxelBox box, byte[] compressed)
    {
        var levels = new byte[box.Count];
        using var stream = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        try
        {
            stream.ReadExactly(levels);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException("The map of the orientations' spread is cut off.", exception);
        }

        return new(choice, axis, box, levels, compressed);
    }

    /// <summary>Whether a propagation would find this again.</summary>
    public bool IsOf(PropagationRange range) => range.Orientations == Choice && range.Axis == Axis;

    /// <summary>The levels on one slice, one a pixel.</summary>
    public byte[] Section(VolumeGeometry geometry, SliceAxis axis, int slice)
    {
        var (sliceWidth, sliceHeight, _) = geometry.SliceShape(axis);
        var values = new byte[sliceWidth * sliceHeight];
        var (first, count, left, width, top, height) = Box.Along(axis);
        if (slice < first || slice >= first + count)
            return values;
        for (var y = top; y < top + height; y++)
        {
            for (var x = left; x < left + width; x++)
                values[(y * sliceWidth) + x] = levels[Box.Offset(axis, slice, x, y)];
        }

        return values;
    }

    /// <summary>The spread of every voxel of the volume, 0 to 0.5.</summary>
    public Volume ToVolume(VolumeGeometry geometry)
    {
        var values = new float[geometry.VoxelCount];
        for (var k = Box.K; k < Box.K + Box.Slices; k++)
        {
            for (var j = Box.J; j < Box.J + Box.Rows; j++)
            {
                for (var i = Box.I; i < Box.I + Box.Columns; i++)
                    values[(int)geometry.Offset(i, j, k)] = levels[Box.Offset(i, j, k)] / 510f;
            }
        }

        return new Volume(geometry, new Float32Voxels(values));
    }

    private static byte[] Compress(byte[] levels)
    {
        using var bytes = new MemoryStream();
        using (var stream = new ZLibStream(bytes, CompressionLevel.Optimal))
            stream.Write(levels);
        return bytes.ToArray();
    }
}
