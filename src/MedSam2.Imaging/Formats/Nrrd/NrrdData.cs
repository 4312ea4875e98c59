using MedSam2.Imaging.Formats.Elements;
using MedSam2.Imaging.Geometry;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>Finds and decodes the voxels of an NRRD file: line skip, decompression, byte skip, in this order.</summary>
internal static class NrrdData
{
    public static T Read<T>(Stream file, NrrdHeader header, FormatLimits limits, Func<VolumeGeometry, VoxelSource, T> create)
    {
        SkipLines(file, header.LineSkip, limits);
        var needed = header.Geometry.VoxelCount * header.Type.Size();
        return header.Encoding switch
        {
            NrrdEncoding.Raw => ReadRaw(file, header, needed, create),
            NrrdEncoding.Gzip => ReadPacked(file, header, needed, Compression.Decompress, limits, create),
            NrrdEncoding.Bzip2 => ReadPacked(file, header, needed, stream => new Bzip2Stream(stream), limits, create),
            NrrdEncoding.Hex => ReadText(file, header, needed, header.Type, create),
            NrrdEncoding.Ascii => ReadText(file, header, needed, ElementType.Float64, create),
            _ => throw new ArgumentOutOfRangeException(nameof(header), header.Encoding, "Unknown encoding."),
        };
    }

    private static T ReadRaw<T>(Stream file, NrrdHeader header, long needed, Func<VolumeGeometry, VoxelSource, T> create)
    {
        var remaining = file.Length - file.Position;
        var skip = header.ByteSkip == -1 ? Math.Max(0, remaining - needed) : header.ByteSkip;
        Compression.KnownBytes(remaining - skip, compressed: false, needed);
        RefuseExcess(remaining - skip - needed);
        file.Position += skip;
        return create(header.Geometry, Source(file, header, header.Type, needed));
    }

    private static T ReadPacked<T>(
        Stream file, NrrdHeader header, long needed, Func<Stream, Stream> unpack, FormatLimits limits, Func<VolumeGeometry, VoxelSource, T> create)
    {
        var start = file.Position;
        var remaining = file.Length - start;

        // Runs of zeros shrink far more under bzip2 than deflate ever does, so only gzip has an upper bound to check.
        var knownBytes = header.Encoding == NrrdEncoding.Gzip ? Compression.KnownBytes(remaining, compressed: true, needed) : Math.Min(needed, remaining * 16);
        var skip = header.ByteSkip;
        if (skip == -1)
        {
            using var counting = unpack(file);
            skip = CountBytes(counting, needed + limits.MaxSkippedBytes) - needed;
            if (skip < 0)
                throw new ImageFormatException($"The NRRD data are {-skip} bytes short of what the sizes need. The file was cut short; copy or download it again.");
            file.Position = start;
        }

        using var data = unpack(file);
        Compression.Skip(data, skip);
        var result = create(header.Geometry, Source(data, header, header.Type, knownBytes));
        RefuseExcess(Compression.Drain(data));
        return result;
    }

    private static T ReadText<T>(Stream file, NrrdHeader header, long needed, ElementType type, Func<VolumeGeometry, VoxelSource, T> create)
    {
        if (header.ByteSkip == -1)
            throw new ImageFormatException("The NRRD field 'byte skip' is -1, which text encodings do not have. Correct the header.");
        Compression.Skip(file, header.ByteSkip);
        var characters = file.Length - file.Position;
        var least = header.Encoding == NrrdEncoding.Hex ? needed * 2 : header.Geometry.VoxelCount;
        Compression.KnownBytes(characters, compressed: false, least);
        using var data = new TextStream(file, header.Encoding == NrrdEncoding.Hex);
        var result = create(header.Geometry, Source(data, header, type, needed));
        RefuseExcess(Compression.Drain(data));
        return result;
    }

    private static VoxelSource Source(Stream data, NrrdHeader header, ElementType type, long knownBytes) =>
        new(data, type, header.BigEndian && header.Encoding != NrrdEncoding.Ascii, header.Geometry.VoxelCount, knownBytes);

    private static void SkipLines(Stream file, int lines, FormatLimits limits)
    {
        var remaining = limits.MaxSkippedBytes;
        for (var line = 0; line < lines;)
        {
            var value = file.ReadByte();
            if (value < 0 || --remaining < 0)
                throw new ImageFormatException("The NRRD data end, or run on too long, within the lines that 'line skip' passes over. Correct the header.");
            if (value == '\n')
                line++;
        }
    }

    private static long CountBytes(Stream stream, long most)
    {
        var buffer = new byte[1 << 16];
        long total = 0;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            total += read;
            if (total > most)
                throw new ImageFormatException("The NRRD data hold far more than the sizes need. Correct 'sizes' or 'byte skip'.");
        }

        return total;
    }

    /// <summary>
    /// More data than voxels means that the voxels are not where the header says: a silent shift, if it were read.
    /// A line end that a writer put behind the data does no harm.
    /// </summary>
    private static void RefuseExcess(long excess)
    {
        const int lineEnd = 2;
        if (excess > lineEnd)
            throw new ImageFormatException($"The NRRD data hold at least {excess} bytes more than the sizes need. Correct 'sizes', or set 'byte skip' (-1 where another header precedes the voxels).");
    }
}
