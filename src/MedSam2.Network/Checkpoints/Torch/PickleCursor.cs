using System.Buffers.Binary;
using System.Text;

namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>Reads a range of a file forwards, in small blocks. Every read beyond the end is an <see cref="InvalidDataException"/>.</summary>
internal sealed class PickleCursor(CheckpointStream file, long start, long end)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] block = new byte[(int)Math.Min(4096, end - start)];
    private int used;
    private int filled;
    private long blockEnd = start;

    /// <summary>The place in the file of the next byte.</summary>
    public long Position => blockEnd - filled + used;

    private long Remaining => end - Position;

    public byte ReadByte()
    {
        if (used == filled)
            Fill();
        return block[used++];
    }

    public ushort ReadUInt16()
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public long ReadInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>Pickle writes this one number the other way round.</summary>
    public double ReadBigEndianDouble()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    public void Read(Span<byte> destination)
    {
        Require(destination.Length);
        while (destination.Length > 0)
        {
            if (used == filled)
                Fill();
            var count = Math.Min(destination.Length, filled - used);
            block.AsSpan(used, count).CopyTo(destination);
            used += count;
            destination = destination[count..];
        }
    }

    /// <summary>Text of a stated length, which is checked before anything is allocated for it.</summary>
    public string ReadString(long length)
    {
        if (length is < 0 or > PickleLimits.LongestString)
            throw new InvalidDataException($"a string of {length} bytes is longer than the {PickleLimits.LongestString} allowed");
        Require(length);
        var bytes = new byte[length];
        Read(bytes);
        return Decode(bytes);
    }

    /// <summary>Text up to the next line feed.</summary>
    public string ReadLine()
    {
        Span<byte> line = stackalloc byte[PickleLimits.LongestGlobal];
        for (var length = 0; length < line.Length; length++)
        {
            line[length] = ReadByte();
            if (line[length] == (byte)'\n')
                return Decode(line[..length]);
        }

        throw new InvalidDataException($"a name is longer than {PickleLimits.LongestGlobal} bytes");
    }

    public void Skip(long count)
    {
        Require(count);
        var buffered = (int)Math.Min(count, filled - used);
        used += buffered;
        blockEnd += count - buffered;
        if (count > buffered)
            used = filled = 0;
    }

    private void Require(long count)
    {
        if (count < 0 || count > Remaining)
            throw new InvalidDataException($"{count} bytes are announced where {Remaining} are left");
    }

    private void Fill()
    {
        var count = (int)Math.Min(block.Length, end - blockEnd);
        if (count == 0)
            throw new InvalidDataException("the pickle ends too early");
        file.ReadExactly(blockEnd, block.AsSpan(0, count));
        blockEnd += count;
        used = 0;
        filled = count;
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("a string is not valid UTF-8", e);
        }
    }
}
