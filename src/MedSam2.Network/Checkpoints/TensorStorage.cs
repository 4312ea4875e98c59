using TorchSharp;
using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints;

/// <summary>Sizes of stored values, and moving them between files and tensors without a second copy in memory.</summary>
internal static class TensorStorage
{
    /// <summary>More than any real tensor has; a bound for shapes in untrusted files.</summary>
    public const int MostDimensions = 32;

    private const long ElementsPerBlock = 16 << 20;

    public delegate void ByteReader(long offset, Span<byte> destination);

    public delegate void ByteWriter(ReadOnlySpan<byte> source);

    public static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Bool or ScalarType.Byte or ScalarType.Int8 => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Checkpoints hold no values of this type."),
    };

    /// <summary>The number of elements of a shape, or false where it does not fit in 63 bits.</summary>
    public static bool TryCount(ReadOnlySpan<long> shape, out long count)
    {
        count = 1;
        var empty = false;
        foreach (var size in shape)
        {
            if (size < 0)
                return false;
            empty |= size == 0;
            if (size != 0 && count > long.MaxValue / size)
                return false;
            count *= Math.Max(size, 1);
        }

        if (empty)
            count = 0;
        return true;
    }

    /// <summary>Reads <paramref name="count"/> values that lie without gaps at <paramref name="offset"/> into a new tensor of one dimension.</summary>
    /// <remarks>The caller has made sure that the file is long enough, so that no allocation exceeds the file.</remarks>
    public static Tensor Read(ScalarType type, long count, long offset, ByteReader read)
    {
        var tensor = torch.empty(count, dtype: type, device: CPU);
        try
        {
            ForEachBlock(tensor, block =>
            {
                read(offset, block);
                offset += block.Length;
                if (type == ScalarType.Bool && block.ContainsAnyExceptInRange((byte)0, (byte)1))
                    throw new InvalidDataException("a boolean is neither 0 nor 1");
            });
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Hands out the values in row-major order.</summary>
    public static void Write(Tensor tensor, ByteWriter write)
    {
        using var scope = NewDisposeScope();
        ForEachBlock(tensor.detach().cpu().contiguous().view(-1), block => write(block));
    }

    private static void ForEachBlock(Tensor flat, Action<Span<byte>> visit)
    {
        for (long start = 0, count = flat.numel(); start < count; start += ElementsPerBlock)
        {
            using var block = flat.narrow(0, start, Math.Min(ElementsPerBlock, count - start));
            visit(block.bytes);
        }
    }
}
