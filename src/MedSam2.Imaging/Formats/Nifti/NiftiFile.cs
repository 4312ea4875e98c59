using System.IO.Compression;
using MedSam2.Imaging.Formats.Elements;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Formats.Nifti;

/// <summary>
/// NIfTI-1 and NIfTI-2 files, plain or gzipped, of either byte order: grey volumes and label maps.
/// Voxel order is kept as stored (i fastest); coordinates are turned from RAS to LPS.
/// Colour, complex and 4D files are refused by name; nothing is resampled.
/// </summary>
public static class NiftiFile
{
    /// <summary>Reads a <c>.nii</c>, <c>.nii.gz</c>, or the <c>.hdr</c> of a pair whose <c>.img</c> lies beside it.</summary>
    /// <exception cref="ImageFormatException">The file is not a NIfTI volume, is damaged, or passes a limit.</exception>
    public static Volume ReadVolume(string path, FormatLimits? limits = null, CancellationToken cancellation = default)
    {
        using var file = File.OpenRead(path);
        return Read(file, path, limits, (geometry, source) => new Volume(geometry, VoxelReader.ReadGrey(source, cancellation)));
    }

    /// <summary>Reads a single-file volume from a seekable stream, which stays open.</summary>
    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static Volume ReadVolume(Stream stream, FormatLimits? limits = null, CancellationToken cancellation = default) =>
        Read(stream, null, limits, (geometry, source) => new Volume(geometry, VoxelReader.ReadGrey(source, cancellation)));

    /// <summary>Reads a volume through without keeping it, in little memory whatever its size.</summary>
    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static void CheckVolume(string path, FormatLimits? limits = null, CancellationToken cancellation = default)
    {
        using var file = File.OpenRead(path);
        Read(file, path, limits, (geometry, source) =>
        {
            VoxelReader.CheckGrey(source, cancellation);
            return geometry;
        });
    }

    /// <summary>Reads labels: whole numbers from 0 to 255, in whatever type they are stored.</summary>
    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static LabelMap ReadLabelMap(string path, FormatLimits? limits = null, CancellationToken cancellation = default)
    {
        using var file = File.OpenRead(path);
        return Read(file, path, limits, (geometry, source) => new LabelMap(geometry, VoxelReader.ReadLabels(source, cancellation)));
    }

    /// <summary>Reads labels from a seekable stream, which stays open.</summary>
    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static LabelMap ReadLabelMap(Stream stream, FormatLimits? limits = null, CancellationToken cancellation = default) =>
        Read(stream, null, limits, (geometry, source) => new LabelMap(geometry, VoxelReader.ReadLabels(source, cancellation)));

    /// <summary>Writes NIfTI-1 with equal sform and qform; gzipped where the name ends with <c>.gz</c>.</summary>
    public static void Write(string path, Volume volume, CancellationToken cancellation = default)
    {
        using var file = File.Create(path);
        Write(file, volume, EndsWithGz(path), cancellation);
    }

    /// <summary>Writes a volume with its stored values and rescale, so that reading gives the same voxels.</summary>
    public static void Write(Stream target, Volume volume, bool compress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var (slope, intercept) = volume.Voxels is Int16Voxels narrow ? (narrow.Slope, narrow.Intercept) : (1f, 0f);
        var header = NiftiHeaderWriter.Create(volume.Geometry, VoxelWriter.TypeOf(volume.Voxels), slope, intercept, labels: false);
        Write(target, header, compress, stream => VoxelWriter.Write(stream, volume.Voxels, cancellation));
    }

    /// <summary>Writes labels; gzipped where the name ends with <c>.gz</c>.</summary>
    public static void Write(string path, LabelMap labels, ElementType type = ElementType.UInt8, CancellationToken cancellation = default)
    {
        using var file = File.Create(path);
        Write(file, labels, EndsWithGz(path), type, cancellation);
    }

    /// <summary>Writes labels as <paramref name="type"/>: UInt8, UInt16, Int16, Int32 or Float32.</summary>
    public static void Write(Stream target, LabelMap labels, bool compress, ElementType type = ElementType.UInt8, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var header = NiftiHeaderWriter.Create(labels.Geometry, type, 1, 0, labels: true);
        Write(target, header, compress, stream => VoxelWriter.Write(stream, labels.Labels, type, cancellation));
    }

    private static bool EndsWithGz(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static void Write(Stream target, byte[] header, bool compress, Action<Stream> writeVoxels)
    {
        if (!compress)
        {
            target.Write(header);
            writeVoxels(target);
            return;
        }

        using var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(header);
        writeVoxels(gzip);
    }

    private static T Read<T>(Stream file, string? path, FormatLimits? limits, Func<VolumeGeometry, VoxelSource, T> create)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.CanSeek)
            throw new ArgumentException("A NIfTI file is read from a seekable stream; copy the data into a file or memory first.", nameof(file));
        limits ??= FormatLimits.Default;

        return Compression.Guard(() =>
        {
            var compressed = Compression.IsGzip(file);
            using var data = compressed ? Compression.Decompress(file) : null;
            var header = NiftiHeader.Read(data ?? file);
            var (columns, rows, slices) = NiftiShape.Of(header);
            var sizes = limits.CheckSizes(columns, rows, slices);
            var geometry = new VolumeGeometry(sizes.Columns, sizes.Rows, sizes.Slices, NiftiOrientation.Resolve(header));
            if (header.SingleFile)
                return ReadData(header, geometry, file, data, header.Length, limits, create);

            using var image = OpenImage(path);
            var imageCompressed = Compression.IsGzip(image);
            using var imageData = imageCompressed ? Compression.Decompress(image) : null;
            return ReadData(header, geometry, image, imageData, 0, limits, create);
        });
    }

    private static T ReadData<T>(
        NiftiHeader header, VolumeGeometry geometry, Stream file, Stream? decompressed, int position, FormatLimits limits, Func<VolumeGeometry, VoxelSource, T> create)
    {
        var type = NiftiDataType.ToElementType(header.DataType);
        var offset = header.VoxelOffset is 0 && header.SingleFile ? header.Length + 4 : header.VoxelOffset;
        if (!(offset >= position && offset <= limits.MaxSkippedBytes))
            throw new ImageFormatException($"The header puts the first voxel at byte {offset:R}, inside the header or too far away. Correct vox_offset.");

        var (slope, intercept) = Scaling(header);
        var needed = geometry.VoxelCount * type.Size();
        var skip = (long)offset - position;
        var knownBytes = Compression.KnownBytes(file.Length - (decompressed is null ? file.Position + skip : 0), decompressed is not null, needed);
        var stream = decompressed ?? file;
        Compression.Skip(stream, skip);
        var result = create(geometry, new VoxelSource(stream, type, header.BigEndian, geometry.VoxelCount, knownBytes, slope, intercept));
        if (decompressed is not null)
            Compression.Drain(decompressed);
        return result;
    }

    private static (double Slope, double Intercept) Scaling(NiftiHeader header)
    {
        if (header.Slope is 0 || !double.IsFinite(header.Slope))
            return (1, 0);
        if (!double.IsFinite(header.Intercept))
            throw new ImageFormatException($"The header scales by {header.Slope:R}, but its intercept is not a number. Correct scl_inter.");
        return (header.Slope, header.Intercept);
    }

    private static FileStream OpenImage(string? headerPath)
    {
        if (headerPath is null)
            throw new ImageFormatException("This is the header of a .hdr/.img pair, whose voxels are in another file. Give the pair as one .nii file.");
        var stem = EndsWithGz(headerPath) ? headerPath[..^3] : headerPath;
        string[] candidates = [Path.ChangeExtension(stem, ".img"), Path.ChangeExtension(stem, ".img.gz")];
        var image = candidates.FirstOrDefault(File.Exists)
            ?? throw new ImageFormatException("This is the header of a .hdr/.img pair, and the .img is not beside it. Put it there, or give the pair as one .nii file.");
        return File.OpenRead(image);
    }
}
