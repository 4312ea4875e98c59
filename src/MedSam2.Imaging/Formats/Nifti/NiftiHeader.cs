using System.Buffers.Binary;

namespace MedSam2.Imaging.Formats.Nifti;

/// <summary>
/// The fields of a NIfTI-1 (348 bytes) or NIfTI-2 (540 bytes) header that say where voxels are and what they mean.
/// Source: nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
/// </summary>
internal sealed record NiftiHeader
{
    private const int Size1 = 348;
    private const int Size2 = 540;

    public required bool BigEndian { get; init; }

    /// <summary>Header and data in one file (<c>n+1</c>), or in a <c>.hdr</c> and <c>.img</c> pair (<c>ni1</c>).</summary>
    public required bool SingleFile { get; init; }

    /// <summary>Number of dimensions, then the size of each.</summary>
    public required long[] Dimensions { get; init; }

    /// <summary>qfac, then the spacing of each dimension.</summary>
    public required double[] PixelDimensions { get; init; }

    public required short DataType { get; init; }

    /// <summary>First byte of the data in its file.</summary>
    public required double VoxelOffset { get; init; }

    public required double Slope { get; init; }

    public required double Intercept { get; init; }

    public required int Units { get; init; }

    public required int QFormCode { get; init; }

    public required int SFormCode { get; init; }

    /// <summary>b, c, d of the quaternion, then the offset x, y, z.</summary>
    public required double[] Quaternion { get; init; }

    /// <summary>Three rows of four.</summary>
    public required double[] SForm { get; init; }

    /// <summary>Length of the header itself, which the data of a single file cannot overlap.</summary>
    public required int Length { get; init; }

    /// <summary>Reads from the start of a (decompressed) stream and leaves it just behind the header.</summary>
    public static NiftiHeader Read(Stream stream)
    {
        var bytes = new byte[Size2];
        if (stream.ReadAtLeast(bytes.AsSpan(0, 4), 4, throwOnEndOfStream: false) < 4)
            throw new ImageFormatException("The file is too short for a NIfTI header (348 bytes).");
        var (length, bigEndian) = (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes)) switch
        {
            (Size1, _) => (Size1, false),
            (_, Size1) => (Size1, true),
            (Size2, _) => (Size2, false),
            (_, Size2) => (Size2, true),
            _ => throw new ImageFormatException("This is not a NIfTI file: it starts with neither 348 (NIfTI-1) nor 540 (NIfTI-2)."),
        };
        var rest = bytes.AsSpan(4, length - 4);
        if (stream.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) < rest.Length)
            throw new ImageFormatException($"The file ends inside its NIfTI header of {length} bytes. Copy or download it again.");

        var fields = new Fields(bytes, bigEndian);
        return length == Size1 ? ReadVersion1(fields) : ReadVersion2(fields);
    }

    private static NiftiHeader ReadVersion1(Fields f) => new()
    {
        BigEndian = f.BigEndian,
        Length = Size1,
        SingleFile = IsSingleFile(f.Bytes.AsSpan(344, 4), "n+1\0"u8, "ni1\0"u8),
        Dimensions = Fields.Read(8, n => (long)f.Int16(40 + (2 * n))),
        DataType = f.Int16(70),
        PixelDimensions = Fields.Read(8, n => (double)f.Single(76 + (4 * n))),
        VoxelOffset = f.Single(108),
        Slope = f.Single(112),
        Intercept = f.Single(116),
        Units = f.Bytes[123],
        QFormCode = f.Int16(252),
        SFormCode = f.Int16(254),
        Quaternion = Fields.Read(6, n => (double)f.Single(256 + (4 * n))),
        SForm = Fields.Read(12, n => (double)f.Single(280 + (4 * n))),
    };

    private static NiftiHeader ReadVersion2(Fields f) => new()
    {
        BigEndian = f.BigEndian,
        Length = Size2,
        SingleFile = IsSingleFile(f.Bytes.AsSpan(4, 8), "n+2\0\r\n\u001a\n"u8, "ni2\0\r\n\u001a\n"u8),
        DataType = f.Int16(12),
        Dimensions = Fields.Read(8, n => f.Int64(16 + (8 * n))),
        PixelDimensions = Fields.Read(8, n => f.Double(104 + (8 * n))),
        VoxelOffset = f.Int64(168),
        Slope = f.Double(176),
        Intercept = f.Double(184),
        QFormCode = f.Int32(344),
        SFormCode = f.Int32(348),
        Quaternion = Fields.Read(6, n => f.Double(352 + (8 * n))),
        SForm = Fields.Read(12, n => f.Double(400 + (8 * n))),
        Units = f.Int32(500),
    };

    private static bool IsSingleFile(ReadOnlySpan<byte> magic, ReadOnlySpan<byte> single, ReadOnlySpan<byte> pair)
    {
        if (magic.SequenceEqual(single))
            return true;
        if (magic.SequenceEqual(pair))
            return false;
        throw new ImageFormatException(
            "The NIfTI magic is missing or damaged. Analyze 7.5 files are not read, since they do not say which side is left; convert them to NIfTI.");
    }

    private readonly record struct Fields(byte[] Bytes, bool BigEndian)
    {
        public short Int16(int at) => BigEndian ? BinaryPrimitives.ReadInt16BigEndian(Bytes.AsSpan(at)) : BinaryPrimitives.ReadInt16LittleEndian(Bytes.AsSpan(at));

        public int Int32(int at) => BigEndian ? BinaryPrimitives.ReadInt32BigEndian(Bytes.AsSpan(at)) : BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(at));

        public long Int64(int at) => BigEndian ? BinaryPrimitives.ReadInt64BigEndian(Bytes.AsSpan(at)) : BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(at));

        public float Single(int at) => BitConverter.Int32BitsToSingle(Int32(at));

        public double Double(int at) => BitConverter.Int64BitsToDouble(Int64(at));

        public static T[] Read<T>(int count, Func<int, T> field) => [.. Enumerable.Range(0, count).Select(field)];
    }
}
