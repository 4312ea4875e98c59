#nullable enable

using System.Buffers;

namespace FellowOakDicom.IO.Buffer;

/// <summary>What the buffers share: checks of arguments, and copying to a stream a block at a time.</summary>
internal static class BufferCopy
{
    private const int BlockSize = 1 << 20;

    public static void CheckOutput(int count, byte[] output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (output.Length < count)
            throw new ArgumentException($"Output array with {output.Length} bytes cannot fit {count} bytes of data", nameof(output));
    }

    public static Stream Writable(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.CanWrite ? stream : throw new InvalidOperationException("Cannot copy to non-writable stream");
    }

    /// <summary>All bytes of a buffer as an array of its own.</summary>
    /// <exception cref="DicomIoException">The buffer is longer than an array can be.</exception>
    public static byte[] Read(IByteBuffer buffer)
    {
        if (buffer.Size > Array.MaxLength)
            throw new DicomIoException($"A value of {buffer.Size} bytes does not fit an array; read it in ranges.");
        var data = new byte[buffer.Size];
        buffer.GetByteRange(0, data.Length, data);
        return data;
    }

    public static void Blocks(IByteBuffer buffer, Stream stream)
    {
        Writable(stream);
        var block = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Size, BlockSize));
        try
        {
            for (long offset = 0; offset < buffer.Size; offset += BlockSize)
            {
                var count = (int)Math.Min(buffer.Size - offset, BlockSize);
                buffer.GetByteRange(offset, count, block);
                stream.Write(block, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public static async Task BlocksAsync(IByteBuffer buffer, Stream stream, CancellationToken cancellationToken)
    {
        Writable(stream);
        var block = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Size, BlockSize));
        try
        {
            for (long offset = 0; offset < buffer.Size; offset += BlockSize)
            {
                var count = (int)Math.Min(buffer.Size - offset, BlockSize);
                buffer.GetByteRange(offset, count, block);
                await stream.WriteAsync(block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
