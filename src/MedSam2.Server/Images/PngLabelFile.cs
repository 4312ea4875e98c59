using System.Buffers.Binary;
using System.IO.Compression;
using MedSam2.Server.CommandLine;

namespace MedSam2.Server.Images;

/// <summary>
/// Label pictures: the stored numbers of a grey or palette PNG, which decoders for the screen turn into colours.
/// </summary>
/// <remarks>PNG specification, third edition. Not interlaced; checksums are not looked at, since the inflated size must fit anyway.</remarks>
internal static class PngLabelFile
{
    private const long MostPixels = 100_000_000;
    private const int Grey = 0;
    private const int Palette = 3;

    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <returns>The numbers, row by row.</returns>
    /// <exception cref="VerbException">It is damaged, or a picture of colours.</exception>
    public static (int Width, int Height, ushort[] Values) Read(string path)
    {
        var content = File.ReadAllBytes(path);
        if (content.Length < 33 || !content.AsSpan().StartsWith(Signature))
            throw Refuse("is no PNG file");
        int width = BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(16)), height = BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(20));
        var (depth, colours, interlaced) = (content[24], content[25], content[28] != 0);
        if (width < 1 || height < 1 || (long)width * height > MostPixels)
            throw Refuse($"has {width} x {height} pixels; 1 to {MostPixels / 1_000_000} million are read");
        if (colours is not (Grey or Palette) || interlaced || depth is not (1 or 2 or 4 or 8 or 16))
            throw Refuse("is no label picture: it must be grey or have a palette, and not be interlaced");

        var rowBytes = (int)((((long)width * depth) + 7) / 8);
        var rows = new byte[(rowBytes + 1L) * height];
        try
        {
            using var compressed = new MemoryStream(ImageData(content));
            using var inflated = new ZLibStream(compressed, CompressionMode.Decompress);
            inflated.ReadExactly(rows);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Refuse("is damaged: its pixels cannot be unpacked");
        }

        var values = new ushort[width * height];
        ReadOnlySpan<byte> above = new byte[rowBytes];
        for (var y = 0; y < height; y++)
        {
            var row = rows.AsSpan(y * (rowBytes + 1), rowBytes + 1);
            if (!Unfilter(row[0], row[1..], above, Math.Max(1, depth / 8)))
                throw Refuse("is damaged: a row has an unknown filter");
            Unpack(row[1..], depth, values.AsSpan(y * width, width));
            above = row[1..];
        }

        return (width, height, values);

        VerbException Refuse(string cause) => new($"{path} {cause}.");
    }

    private static byte[] ImageData(byte[] content)
    {
        using var data = new MemoryStream();
        for (var at = Signature.Length; at + 12 <= content.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(at));
            if (length > content.Length - at - 12)
                break;
            if (content.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
                data.Write(content, at + 8, (int)length);
            at += (int)length + 12;
        }

        return data.ToArray();
    }

    private static bool Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int pixel)
    {
        for (var n = 0; n < row.Length; n++)
        {
            int left = n >= pixel ? row[n - pixel] : 0, up = above[n], corner = n >= pixel ? above[n - pixel] : 0;
            int? guess = filter switch
            {
                0 => 0,
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                4 => Paeth(left, up, corner),
                _ => null,
            };
            if (guess is null)
                return false;
            row[n] = (byte)(row[n] + guess.Value);
        }

        return true;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        int a = Math.Abs(estimate - left), b = Math.Abs(estimate - up), c = Math.Abs(estimate - corner);
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }

    private static void Unpack(ReadOnlySpan<byte> row, int depth, Span<ushort> values)
    {
        for (var x = 0; x < values.Length; x++)
        {
            values[x] = depth switch
            {
                16 => BinaryPrimitives.ReadUInt16BigEndian(row[(2 * x)..]),
                8 => row[x],
                _ => (ushort)((row[x * depth / 8] >> (8 - depth - (x * depth % 8))) & ((1 << depth) - 1)),
            };
        }
    }
}
