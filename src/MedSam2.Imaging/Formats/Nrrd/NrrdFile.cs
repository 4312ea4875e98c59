using System.IO.Compression;
using MedSam2.Imaging.Formats.Elements;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>
/// NRRD files of versions 1 to 5 with one scalar volume: attached or detached, raw, gzip, bzip2, ascii or hex.
/// Voxel order is kept as stored; coordinates are turned into LPS. Several layers, channels or time points are refused by name.
/// </summary>
public static class NrrdFile
{
    /// <summary>Reads a <c>.nrrd</c>, or an <c>.nhdr</c> whose data file lies in the same folder.</summary>
    /// <exception cref="ImageFormatException">The file is not an NRRD volume, is damaged, or passes a limit.</exception>
    public static Volume ReadVolume(string path, FormatLimits? limits = null, CancellationToken cancellation = default)
    {
        using var file = File.OpenRead(path);
        return Read(file, path, limits, (geometry, source) => new Volume(geometry, VoxelReader.ReadGrey(source, cancellation)));
    }

    /// <summary>Reads an attached volume from a seekable stream, which stays open.</summary>
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

    /// <summary>Reads the header alone.</summary>
    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static NrrdHeader ReadHeader(Stream stream, FormatLimits? limits = null) => NrrdHeaderReader.Read(stream, limits ?? FormatLimits.Default);

    /// <summary>Writes real values: 16-bit integers where the volume holds them unscaled, 32-bit floats otherwise, since NRRD has no rescale.</summary>
    /// <param name="target">Written from its present position; stays open.</param>
    /// <param name="volume">The voxels and where they lie.</param>
    /// <param name="encoding">Raw or Gzip.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    public static void Write(Stream target, Volume volume, NrrdEncoding encoding = NrrdEncoding.Gzip, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var asStored = volume.Voxels is Int16Voxels { Slope: 1, Intercept: 0 };
        var header = NrrdHeaderWriter.Create(volume.Geometry, asStored ? ElementType.Int16 : ElementType.Float32, encoding, null);
        Write(target, header, encoding, stream =>
        {
            if (asStored)
                VoxelWriter.Write(stream, volume.Voxels, cancellation);
            else
                VoxelWriter.WriteReal(stream, volume.Voxels, cancellation);
        });
    }

    /// <summary>Writes labels.</summary>
    /// <param name="target">Written from its present position; stays open.</param>
    /// <param name="labels">The labels and where they lie.</param>
    /// <param name="encoding">Raw or Gzip.</param>
    /// <param name="type">UInt8, UInt16, Int16, Int32 or Float32.</param>
    /// <param name="keyValues">Written as <c>key:=value</c>, in this order; a <c>.seg.nrrd</c> names its segments so.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    public static void Write(
        Stream target,
        LabelMap labels,
        NrrdEncoding encoding = NrrdEncoding.Gzip,
        ElementType type = ElementType.UInt8,
        IEnumerable<KeyValuePair<string, string>>? keyValues = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var header = NrrdHeaderWriter.Create(labels.Geometry, type, encoding, keyValues);
        Write(target, header, encoding, stream => VoxelWriter.Write(stream, labels.Labels, type, cancellation));
    }

    private static void Write(Stream target, byte[] header, NrrdEncoding encoding, Action<Stream> writeVoxels)
    {
        target.Write(header);
        if (encoding == NrrdEncoding.Raw)
        {
            writeVoxels(target);
            return;
        }

        using var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        writeVoxels(gzip);
    }

    private static T Read<T>(Stream file, string? path, FormatLimits? limits, Func<VolumeGeometry, VoxelSource, T> create)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.CanSeek)
            throw new ArgumentException("An NRRD file is read from a seekable stream; copy the data into a file or memory first.", nameof(file));
        limits ??= FormatLimits.Default;

        return Compression.Guard(() =>
        {
            var buffered = new BufferedStream(file, 1 << 12);
            var header = NrrdHeaderReader.Read(buffered, limits);
            file.Position = buffered.Position;
            if (header.DataFile is null)
                return NrrdData.Read(file, header, limits, create);
            using var data = OpenDataFile(path, header.DataFile);
            return NrrdData.Read(data, header, limits, create);
        });
    }

    private static FileStream OpenDataFile(string? headerPath, string name)
    {
        if (headerPath is null)
            throw new ImageFormatException("The NRRD voxels are in another file than this header. Give the volume as one .nrrd file.");
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(headerPath))!, name);
        return File.Exists(path)
            ? File.OpenRead(path)
            : throw new ImageFormatException("The data file that the NRRD header names is not beside it. Put it there, or save the volume as one .nrrd file.");
    }
}
