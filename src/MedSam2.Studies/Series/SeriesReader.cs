using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>
/// Reads a DICOM series as one volume: slices ascending along row direction x column direction, values rescaled (PET to
/// SUV), the affine in the patient frame (LPS). Nothing is resampled or guessed: what is not one volume is refused by name.
/// Plain single-frame instances and enhanced multi-frame ones are read alike. A series that holds several volumes (4D) or
/// pictures is divided, and one of them is read. Colours are read as their luminance.
/// </summary>
public sealed class SeriesReader(SeriesLimits limits, StackTolerance tolerance)
{
    public SeriesReader()
        : this(SeriesLimits.Default, StackTolerance.Default)
    {
    }

    /// <summary>Reads the first volume of a series, as <see cref="ReadFiles(IReadOnlyList{string}, int, CancellationToken)"/> does.</summary>
    public SeriesVolume ReadFiles(IReadOnlyList<string> paths, CancellationToken cancellationToken = default) => ReadFiles(paths, 1, cancellationToken);

    /// <summary>Reads the files of one series, in any order. Pixels are read straight from the files, several at a time.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="part">Which volume of a series that holds several (times, echoes, stacks) or which of several pictures, from 1; see <see cref="SeriesVolume.PartCount"/>.</param>
    /// <param name="cancellationToken">Stops between slices.</param>
    /// <exception cref="SeriesException">The files are not one volume.</exception>
    public SeriesVolume ReadFiles(IReadOnlyList<string> paths, int part, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        RequireCount(paths.Count);
        var instances = new SeriesInstance[paths.Count];
        OrderedParallel.For(paths.Count, n => instances[n] = SeriesInstance.Read(Open(paths[n]), limits), n => n, cancellationToken);
        return Build(instances, part, cancellationToken);
    }

    /// <summary>Reads the first volume of a series, as <see cref="Read(IReadOnlyList{DicomFile}, int, CancellationToken)"/> does.</summary>
    public SeriesVolume Read(IReadOnlyList<DicomFile> files, CancellationToken cancellationToken = default) => Read(files, 1, cancellationToken);

    /// <summary>Reads opened instances of one series, in any order. They are left as they are.</summary>
    /// <param name="files">The instances.</param>
    /// <param name="part">As for files.</param>
    /// <param name="cancellationToken">Stops between slices.</param>
    /// <exception cref="SeriesException">The instances are not one volume.</exception>
    public SeriesVolume Read(IReadOnlyList<DicomFile> files, int part, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        RequireCount(files.Count);
        var instances = new SeriesInstance[files.Count];
        OrderedParallel.For(files.Count, n => instances[n] = SeriesInstance.Read(files[n], limits), n => n, cancellationToken);
        return Build(instances, part, cancellationToken);
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

    private SeriesVolume Build(SeriesInstance[] instances, int part, CancellationToken cancellationToken)
    {
        var first = instances[0];
        var others = instances.Count(i => i.SeriesInstanceUid != first.SeriesInstanceUid || i.StudyInstanceUid != first.StudyInstanceUid);
        if (others > 0)
            throw new SeriesException(SeriesFault.SeveralSeries, $"{others} of {instances.Length} instances belong to another series than the first one. Read one series at a time.");

        var unit = UptakeScale.Of(Array.ConvertAll(instances, i => i.Header));
        var slices = instances.SelectMany(i => i.Frames.Select((header, f) => new SliceToRead(i, f, header.Times(unit.Factor)))).ToArray();
        var parts = SeriesParts.Of(slices);
        if (part < 1 || part > parts.Count)
            throw new SeriesException(SeriesFault.NoSuchPart, $"The series has {parts.Count} volumes or pictures, so there is no number {part}. Choose 1 to {parts.Count}.");

        var chosen = parts[part - 1];
        RequireOneShape(chosen.Slices);
        var (geometry, order) = Arrange(chosen);
        var sorted = Array.ConvertAll(order, n => chosen.Slices[n]);
        var volume = new Volume(
            geometry,
            VoxelAssembler.Assemble(sorted, cancellationToken),
            HeaderValues.Text(first.Header, DicomTag.Modality),
            sorted[sorted.Length / 2].Header.Window);
        return new SeriesVolume(volume, first.StudyInstanceUid, first.SeriesInstanceUid, Array.ConvertAll(sorted, s => new SliceSource(s.Instance.Header, s.Frame)))
        {
            Kind = chosen.Kind,
            Part = part,
            PartCount = parts.Count,
            Unit = unit.Unit,
            WhyNoUptake = unit.Why,
        };
    }

    private (VolumeGeometry Geometry, int[] Order) Arrange(SeriesPart part)
    {
        var format = part.Slices[0].Instance.Format;
        return part.Kind == SeriesKind.Volume
            ? SliceStack.Arrange(part.Slices.Select(s => s.Header.Plane!.Value).ToArray(), format.Columns, format.Rows, tolerance)
            : SliceStack.Lay(part.Slices[0], part.Slices.Count);
    }

    private void RequireOneShape(IReadOnlyList<SliceToRead> slices)
    {
        var format = slices[0].Instance.Format;
        var (columns, rows) = (format.Columns, format.Rows);
        var odd = slices.Count(s => s.Instance.Format.Columns != columns || s.Instance.Format.Rows != rows);
        if (odd > 0)
            throw new SeriesException(SeriesFault.MixedSizes, $"{odd} of {slices.Count} slices have another size than the first one ({columns} x {rows}). Split the series by size.");
        var coloured = slices.Count(s => s.Instance.Format.IsColour);
        if (coloured > 0 && coloured < slices.Count)
            throw new SeriesException(SeriesFault.MixedColours, $"{coloured} of {slices.Count} slices are coloured, the others grey. Split the series by colour.");
        if (slices.Count > limits.MaxSlices || (long)columns * rows * slices.Count is var voxels && (voxels > limits.MaxVoxels || voxels > Array.MaxLength))
        {
            throw new SeriesException(SeriesFault.TooLarge,
                $"The volume would have {columns} x {rows} x {slices.Count} voxels; at most {Math.Min(limits.MaxVoxels, Array.MaxLength)} in {limits.MaxSlices} slices are read. Choose a smaller series.");
        }
    }
}
