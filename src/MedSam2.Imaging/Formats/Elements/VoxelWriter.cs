using System.Numerics;
using System.Runtime.InteropServices;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Formats.Elements;

/// <summary>Writes voxels in little-endian order, in pieces.</summary>
internal static class VoxelWriter
{
    private const int ChunkVoxels = 1 << 15;

    /// <summary>The type that holds a volume's stored values exactly.</summary>
    public static ElementType TypeOf(Voxels voxels) => voxels is Int16Voxels ? ElementType.Int16 : ElementType.Float32;

    public static void Write(Stream target, Voxels voxels, CancellationToken cancellation)
    {
        switch (voxels)
        {
            case Int16Voxels narrow:
                WriteConverted<short, short>(target, narrow.Stored, cancellation);
                break;
            case Float32Voxels wide:
                WriteConverted<float, float>(target, wide.Values, cancellation);
                break;
            default:
                WriteReal(target, voxels, cancellation);
                break;
        }
    }

    /// <summary>Writes real values (after rescaling) in single precision.</summary>
    public static void WriteReal(Stream target, Voxels voxels, CancellationToken cancellation)
    {
        var chunk = new float[Math.Min(ChunkVoxels, voxels.Count)];
        for (long done = 0; done < voxels.Count; done += chunk.Length)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, voxels.Count - done));
            voxels.Read(done, 1, part);
            WriteConverted<float, float>(target, part, cancellation);
        }
    }

    public static void Write(Stream target, ReadOnlySpan<byte> labels, ElementType type, CancellationToken cancellation)
    {
        switch (type)
        {
            case ElementType.UInt8: WriteConverted<byte, byte>(target, labels, cancellation); break;
            case ElementType.UInt16: WriteConverted<byte, ushort>(target, labels, cancellation); break;
            case ElementType.Int16: WriteConverted<byte, short>(target, labels, cancellation); break;
            case ElementType.Int32: WriteConverted<byte, int>(target, labels, cancellation); break;
            case ElementType.Float32: WriteConverted<byte, float>(target, labels, cancellation); break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Labels are written as UInt8, UInt16, Int16, Int32 or Float32.");
        }
    }

    private static void WriteConverted<TFrom, TTo>(Stream target, ReadOnlySpan<TFrom> values, CancellationToken cancellation)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>
    {
        var chunk = new TTo[Math.Min(ChunkVoxels, values.Length)];
        while (!values.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(chunk.Length, values.Length);
            for (var n = 0; n < count; n++)
                chunk[n] = TTo.CreateTruncating(values[n]);
            var bytes = MemoryMarshal.AsBytes(chunk.AsSpan(0, count));
            if (!BitConverter.IsLittleEndian)
                VoxelReader.ReverseBytes(bytes, bytes.Length / count);
            target.Write(bytes);
            values = values[count..];
        }
    }
}
