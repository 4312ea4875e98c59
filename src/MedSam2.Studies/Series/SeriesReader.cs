using FellowOakDicom;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>
/// Reads a DICOM series as one volume: slices ascending along row direction x column direction, values rescaled, the
/// affine in the patient frame (LPS). Nothing is resampled or guessed: what is not one volume is refused by name.
/// Plain single-frame instances and enhanced multi-frame ones are read alike.
/// </summary>
public sealed class SeriesReader(SeriesLimits limits, StackTolerance tolerance)
{
    public SeriesReader()
        : this(SeriesLimits.Default, StackTolerance.Default)
    {
    }

    /// <summary>Reads the files of one series, in any order. Pixels are read straight from the files, several at a time.</summary>
    /// <exception cref="SeriesException">The files are not one volume.</exception>
    public SeriesVolume ReadFiles(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        RequireCount(paths.Count);
        var instances = new SeriesInstance[paths.Count];
        OrderedParallel.For(paths.Count, n => instances[n] = SeriesInstance.Read(Open(paths[n]), limits), cancellationToken);
        return Build(instances, cancellationToken);
    }

    /// <summary>Reads opened instances of one series, in any order. They are left as they are.</summary>
    /// <exception cref="SeriesException">The instances are not one volume.</exception>
    public SeriesVolume Read(IReadOnlyList<DicomFile> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        RequireCount(files.Count);
        var instances = new SeriesInstance[files.Count];
        OrderedParallel.For(files.Count, n => instances[n] = SeriesInstance.Read(files[n], limits), cancellationToken);
        return Build(instances, cancellationToken);
    }

    private static DicomFile Open(string path)
    {
        try
        {
            return DicomFile.Open(path, FileReadOption.ReadLargeOnDemand);
        }
        catch (Exception e) when (e is DicomException or IOException or UnauthorizedAccessException)
        {
            throw new SeriesException(SeriesFault.Unreadable, "The file cannot be read as DICOM. Send it again, or leave it out.", e);
        }
    }

    private void RequireCount(int count)
    {
        if (count == 0)
            throw new SeriesException(SeriesFault.Empty, "The series has no instances. Store them first.");
        if (count > limits.MaxSlices)
            throw new SeriesException(SeriesFault.TooLarge, $"The series has {count} instances; at most {limits.MaxSlices} are read. Choose a smaller series.");
    }

    private SeriesVolume Build(SeriesInstance[] instances, CancellationToken cancellationToken)
    {
        var first = instances[0];
        var others = instances.Count(i => i.SeriesInstanceUid != first.SeriesInstanceUid || i.StudyInstanceUid != first.StudyInstanceUid);
        if (others > 0)
            throw new SeriesException(SeriesFault.SeveralSeries, $"{others} of {instances.Length} instances belong to another series than the first one. Read one series at a time.");

        var (columns, rows) = (first.Format.Columns, first.Format.Rows);
        var odd = instances.Count(i => i.Format.Columns != columns || i.Format.Rows != rows);
        if (odd > 0)
            throw new SeriesException(SeriesFault.MixedSizes, $"{odd} of {instances.Length} instances have another size than the first one ({columns} x {rows}). Split the series by size.");

        var slices = instances.SelectMany(i => Enumerable.Range(0, i.Frames.Count).Select(f => new SliceToRead(i, f))).ToArray();
        if (slices.Length > limits.MaxSlices || (long)columns * rows * slices.Length is var voxels && (voxels > limits.MaxVoxels || voxels > Array.MaxLength))
        {
            throw new SeriesException(SeriesFault.TooLarge,
                $"The volume would have {columns} x {rows} x {slices.Length} voxels; at most {Math.Min(limits.MaxVoxels, Array.MaxLength)} in {limits.MaxSlices} slices are read. Choose a smaller series.");
        }

        var (geometry, order) = SliceStack.Arrange(slices.Select(s => s.Header.Plane).ToArray(), columns, rows, tolerance);
        var sorted = order.Select(n => slices[n]).ToArray();
        var middle = sorted[sorted.Length / 2];
        var volume = new Volume(
            geometry,
            VoxelAssembler.Assemble(sorted, cancellationToken),
            HeaderValues.Text(first.Header, DicomTag.Modality),
            middle.Header.Window);
        return new SeriesVolume(volume, first.StudyInstanceUid, first.SeriesInstanceUid, sorted.Select(s => new SliceSource(s.Instance.Header, s.Frame)).ToArray());
    }
}
