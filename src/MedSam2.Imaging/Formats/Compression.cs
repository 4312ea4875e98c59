using System.IO.Compression;

namespace MedSam2.Imaging.Formats;

/// <summary>Gzip around a file that is read once, with the bounds that the format itself gives.</summary>
internal static class Compression
{
    /// <summary>Deflate cannot expand a byte into more than this many.</summary>
    private const long MaxDeflateRatio = 1032;

    /// <summary>What a typical label map grows by; arrays start no larger than this and grow as data arrive.</summary>
    private const long UsualRatio = 16;

    public static bool IsGzip(Stream stream)
    {
        Span<byte> magic = stackalloc byte[2];
        var start = stream.Position;
        var read = stream.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        stream.Position = start;
        return read == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    }

    public static Stream Decompress(Stream stream) => new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);

    /// <summary>How many bytes are certain (raw) or likely (gzip) to follow, for the first allocation.</summary>
    /// <exception cref="ImageFormatException">So many bytes cannot be in the file.</exception>
    public static long KnownBytes(long remaining, bool compressed, long needed)
    {
        var possible = compressed ? (remaining * MaxDeflateRatio) + MaxDeflateRatio : remaining;
        if (needed > possible)
        {
            throw new ImageFormatException(
                $"The header asks for {needed} bytes of data, but the file has {remaining}{(compressed ? " compressed" : "")}. It was cut short or its header is damaged; copy or download it again.");
        }

        return compressed ? Math.Min(needed, remaining * UsualRatio) : needed;
    }

    /// <summary>Reads past <paramref name="count"/> bytes.</summary>
    public static void Skip(Stream stream, long count)
    {
        var buffer = new byte[(int)Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(count, buffer.Length));
            if (read == 0)
                throw new ImageFormatException("The data end before the first voxel. The file was cut short; copy or download it again.");
            count -= read;
        }
    }

    /// <summary>Runs a reader and turns a damaged gzip stream into the format's own error.</summary>
    public static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new ImageFormatException("The gzip data are damaged or cut short. Copy or download the file again.", e);
        }
    }

    /// <summary>Reads to the end of a gzip stream (up to a mebibyte), so that its checksum is verified.</summary>
    public static long Drain(Stream stream)
    {
        var buffer = new byte[1 << 16];
        long total = 0;
        for (int read; total < 1 << 20 && (read = stream.Read(buffer)) > 0;)
            total += read;
        return total;
    }
}
