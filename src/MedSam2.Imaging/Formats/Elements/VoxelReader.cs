using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Formats.Elements;

/// <summary>Turns a file's voxels into the compact form that the rest of the project keeps.</summary>
internal static class VoxelReader
{
    private const int ChunkVoxels = 1 << 15;
    private const double LabelTolerance = 1e-4;
    private const double HalfRange = 32768;

    /// <summary>
    /// Reads grey values. Types of up to 16 bits stay as stored; wider ones become 16 bits where every value is a whole
    /// number that fits, and single precision otherwise. Values that are not finite (no data there) become the smallest
    /// finite value, so that a volume holds numbers only.
    /// </summary>
    public static Voxels ReadGrey(VoxelSource source, CancellationToken cancellation) =>
        source.Type.Size() <= 2 ? ReadNarrow(source, cancellation) : ReadWide(source, cancellation);

    /// <summary>Reads label values, which must be whole numbers from 0 to 255 in whatever type they are stored.</summary>
    public static byte[] ReadLabels(VoxelSource source, CancellationToken cancellation)
    {
        var labels = new GrowingArray<byte>(source);
        ForEachChunk(source, (values, start) =>
        {
            var target = labels.Next(values.Length);
            for (var n = 0; n < values.Length; n++)
            {
                var value = (values[n] * source.Slope) + source.Intercept;
                var label = Math.Round(value);
                if (!(label is >= 0 and <= 255) || Math.Abs(value - label) > LabelTolerance)
                {
                    throw new ImageFormatException(
                        $"Voxel {start + n} has the value {value:R}, which is not a label. Labels are whole numbers from 0 to 255; renumber them, or give the file as an image.");
                }

                target[n] = (byte)label;
            }
        }, cancellation);
        return labels.Complete();
    }

    /// <summary>Refuses what <see cref="ReadGrey"/> refuses, but keeps no values.</summary>
    public static void CheckGrey(VoxelSource source, CancellationToken cancellation)
    {
        var (largest, anyFinite) = (0d, false);
        ForEachChunk(source, (values, _) =>
        {
            foreach (var value in values)
            {
                largest = Math.Max(largest, value);
                anyFinite |= float.IsFinite((float)((value * source.Slope) + source.Intercept));
            }
        }, cancellation);
        if (source.Type.Size() <= 2)
            _ = NarrowScale(source, largest);
        else if (!anyFinite)
            throw AllMissing();
    }

    private static Int16Voxels ReadNarrow(VoxelSource source, CancellationToken cancellation)
    {
        var stored = new GrowingArray<short>(source);
        double largest = 0;
        ForEachChunk(source, (values, _) =>
        {
            var target = stored.Next(values.Length);
            for (var n = 0; n < values.Length; n++)
            {
                largest = Math.Max(largest, values[n]);
                target[n] = unchecked((short)(int)values[n]);
            }
        }, cancellation);
        var array = stored.Complete();

        var (slope, intercept) = NarrowScale(source, largest);
        if (largest >= HalfRange)
        {
            // Unsigned values beyond the signed range: store value - 32768, which is a flip of the top bit.
            foreach (ref var value in array.AsSpan())
                value ^= short.MinValue;
        }

        return new Int16Voxels(array, slope, intercept);
    }

    /// <summary>The rescale of values of up to 16 bits, for values that are stored with their sign.</summary>
    private static (float Slope, float Intercept) NarrowScale(VoxelSource source, double largest)
    {
        var intercept = largest >= HalfRange ? source.Intercept + (HalfRange * source.Slope) : source.Intercept;
        var (slope, offset) = ((float)source.Slope, (float)intercept);
        if (!float.IsFinite((slope * (float)HalfRange) + offset) || !float.IsFinite((slope * -(float)HalfRange) + offset))
            throw new ImageFormatException($"The scaling (slope {source.Slope:R}, intercept {source.Intercept:R}) leads to values beyond single precision. Correct the slope in the header.");
        return (slope, offset);
    }

    private static Voxels ReadWide(VoxelSource source, CancellationToken cancellation)
    {
        var values = new GrowingArray<float>(source);
        var (smallest, allSmallIntegers, anyMissing) = (float.PositiveInfinity, true, false);
        ForEachChunk(source, (chunk, _) =>
        {
            var target = values.Next(chunk.Length);
            for (var n = 0; n < chunk.Length; n++)
            {
                var value = (float)((chunk[n] * source.Slope) + source.Intercept);
                target[n] = value;
                if (!float.IsFinite(value))
                {
                    anyMissing = true;
                    continue;
                }

                smallest = Math.Min(smallest, value);
                allSmallIntegers &= value is >= short.MinValue and <= short.MaxValue && value == MathF.Floor(value);
            }
        }, cancellation);
        var array = values.Complete();
        if (!float.IsFinite(smallest))
            throw AllMissing();

        if (anyMissing)
        {
            foreach (ref var value in array.AsSpan())
                value = float.IsFinite(value) ? value : smallest;
        }

        if (!allSmallIntegers)
            return new Float32Voxels(array);
        var stored = new short[array.Length];
        for (var n = 0; n < array.Length; n++)
            stored[n] = (short)array[n];
        return new Int16Voxels(stored);
    }

    private static ImageFormatException AllMissing() => new("No voxel has a finite value: all are NaN or infinite. Write the volume again from its source.");

    private delegate void ChunkAction(ReadOnlySpan<double> values, long start);

    private static void ForEachChunk(VoxelSource source, ChunkAction action, CancellationToken cancellation)
    {
        var size = source.Type.Size();
        var length = (int)Math.Min(ChunkVoxels, source.Count);
        var bytes = new byte[length * size];
        var values = new double[length];
        for (long done = 0; done < source.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)Math.Min(length, source.Count - done);
            var chunk = bytes.AsSpan(0, count * size);
            var read = source.Data.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
            if (read < chunk.Length)
            {
                throw new ImageFormatException(
                    $"The data end after {(done * size) + read} of {source.Count * size} bytes. The file was cut short; copy or download it again.");
            }

            Decode(chunk, source.Type, source.BigEndian, values.AsSpan(0, count));
            action(values.AsSpan(0, count), done);
            done += count;
        }
    }

    private static void Decode(Span<byte> bytes, ElementType type, bool bigEndian, Span<double> values)
    {
        if (bigEndian == BitConverter.IsLittleEndian)
            ReverseBytes(bytes, type.Size());

        switch (type)
        {
            case ElementType.UInt8: Widen<byte>(bytes, values); break;
            case ElementType.Int8: Widen<sbyte>(bytes, values); break;
            case ElementType.UInt16: Widen<ushort>(bytes, values); break;
            case ElementType.Int16: Widen<short>(bytes, values); break;
            case ElementType.UInt32: Widen<uint>(bytes, values); break;
            case ElementType.Int32: Widen<int>(bytes, values); break;
            case ElementType.UInt64: Widen<ulong>(bytes, values); break;
            case ElementType.Int64: Widen<long>(bytes, values); break;
            case ElementType.Float32: Widen<float>(bytes, values); break;
            case ElementType.Float64: Widen<double>(bytes, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }

    internal static void ReverseBytes(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, short>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, int>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, long>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    private static void Widen<T>(ReadOnlySpan<byte> bytes, Span<double> values)
        where T : unmanaged, INumber<T>
    {
        var typed = MemoryMarshal.Cast<byte, T>(bytes);
        for (var n = 0; n < values.Length; n++)
            values[n] = double.CreateTruncating(typed[n]);
    }

    /// <summary>An array of a promised length that takes its memory only as values arrive.</summary>
    private sealed class GrowingArray<T>(VoxelSource source)
    {
        private T[] _array = new T[Math.Min(source.Count, Math.Max(ChunkVoxels, source.KnownBytes / source.Type.Size()))];
        private int _filled;

        public Span<T> Next(int count)
        {
            if (_filled + count > _array.Length)
                Array.Resize(ref _array, (int)Math.Min(source.Count, Math.Max(2L * _array.Length, _filled + count)));
            var next = _array.AsSpan(_filled, count);
            _filled += count;
            return next;
        }

        public T[] Complete() => _array;
    }
}
