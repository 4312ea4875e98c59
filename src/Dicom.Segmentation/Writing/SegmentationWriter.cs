using System.Globalization;
using Dicom.Segmentation.Pixels;
using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>
/// Writes a Segmentation (PS3.3 A.51) or Label Map Segmentation about existing images. Patient, study and geometry come from
/// those images; frames in which a segment has no pixel are left out.
/// </summary>
public static class SegmentationWriter
{
    internal static readonly DicomUID LabelMapStorage =
        new("1.2.840.10008.5.1.4.1.1.66.7", "Label Map Segmentation Storage", DicomUidType.SOPClass);

    /// <summary>Writes from one mask for each segment and slice.</summary>
    /// <param name="source">The images, in the order by which <paramref name="masks"/> counts slices; a multi-frame image gives all its frames.</param>
    /// <param name="segments">What the masks show.</param>
    /// <param name="masks">Called once for each slice and segment, slice by slice.</param>
    /// <param name="options">Encoding, descriptions, UIDs and dates; the defaults make a valid object.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="SegmentationException">The images or the segments cannot make one segmentation, or every mask is empty.</exception>
    public static DicomFile Write(
        IReadOnlyList<DicomDataset> source,
        IReadOnlyList<Segment> segments,
        MaskReader masks,
        SegmentationOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(masks);
        return Write(source, segments, options, collector => collector.Collect(masks, cancellation));
    }

    /// <summary>Writes from a label map: one call for each slice, whatever the number of segments.</summary>
    /// <param name="source">The images, in the order by which <paramref name="labels"/> counts slices; a multi-frame image gives all its frames.</param>
    /// <param name="segments">What the labels mean.</param>
    /// <param name="labels">Called once for each slice.</param>
    /// <param name="options">Encoding, descriptions, UIDs and dates; the defaults make a valid object.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="SegmentationException">As for masks; or a label has no segment.</exception>
    public static DicomFile WriteLabels(
        IReadOnlyList<DicomDataset> source,
        IReadOnlyList<Segment> segments,
        LabelReader labels,
        SegmentationOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return Write(source, segments, options, collector => collector.Collect(labels, cancellation));
    }

    private static DicomFile Write(
        IReadOnlyList<DicomDataset> source, IReadOnlyList<Segment> segments, SegmentationOptions? options, Action<FrameCollector> collect)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(segments);
        options ??= new SegmentationOptions();
        CheckSegments(segments, options.Encoding);
        var series = SourceSeries.Of(source);
        FrameCollector collector = options.Encoding == SegmentationEncoding.Binary
            ? new BinaryFrameCollector(series, segments)
            : new LabelMapFrameCollector(series, segments);
        collect(collector);
        if (collector.Frames.Count == 0)
            throw new SegmentationException("Every mask is empty; a segmentation needs at least one pixel.");

        var frames = collector.Frames
            .OrderBy(frame => frame.SegmentNumber)
            .ThenBy(frame => series.StackOrder[frame.Slice])
            .ToArray();
        return new DicomFile(Compose(series, segments, options, frames, collector));
    }

    private static void CheckSegments(IReadOnlyList<Segment> segments, SegmentationEncoding encoding)
    {
        if (encoding == SegmentationEncoding.Fractional)
            throw new SegmentationException("FRACTIONAL segmentations are read only; write BINARY or LABELMAP.");
        if (segments.Count == 0)
            throw new SegmentationException("There is no segment.");
        for (var index = 0; index < segments.Count; index++)
        {
            if (segments[index].Number is < 1 or > ushort.MaxValue)
                throw new SegmentationException($"Segment number {segments[index].Number} is not from 1 to 65535.");
            if (encoding == SegmentationEncoding.Binary && segments[index].Number != index + 1)
                throw new SegmentationException("The segments of a BINARY segmentation are numbered 1, 2, 3 ... in this order.");
        }

        if (segments.DistinctBy(segment => segment.Number).Count() != segments.Count)
            throw new SegmentationException("Two segments have the same number.");
    }

    private static DicomDataset Compose(
        SourceSeries series, IReadOnlyList<Segment> segments, SegmentationOptions options, StoredFrame[] frames, FrameCollector collector)
    {
        var labelMap = options.Encoding == SegmentationEncoding.LabelMap;
        var dataset = new DicomDataset(DicomTransferSyntax.ExplicitVRLittleEndian).NotValidated();
        dataset.Add(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        dataset.Add(DicomTag.SOPClassUID, labelMap ? LabelMapStorage : DicomUID.SegmentationStorage);
        dataset.Add(DicomTag.SOPInstanceUID, UidOrNew(options.SopInstanceUid, "SOP Instance UID"));
        PatientAndStudy.Copy(series.First, dataset);
        if (!series.HasGeometry)
            PatientAndStudy.CopyOrientation(series.First, dataset);
        AddSeriesAndContent(dataset, options);
        AddReferencedSeries(dataset, series);

        dataset.Add(DicomTag.ImageType, "DERIVED", "PRIMARY");
        dataset.Add(DicomTag.BurnedInAnnotation, "NO");
        AddCompressionHistory(dataset, series);
        dataset.Add(DicomTag.SegmentationType, labelMap ? "LABELMAP" : "BINARY");
        dataset.Add(DicomTag.SegmentsOverlap, collector.Overlap ? "YES" : "NO");
        Segment[] described = labelMap ? [SegmentItems.Background, .. segments] : [.. segments];
        dataset.Add(new DicomSequence(DicomTag.SegmentSequence, [.. described.Select(SegmentItems.ToItem)]));

        var organization = UidOrNew(options.DimensionOrganizationUid, "Dimension Organization UID");
        new FunctionalGroups(series, options.Encoding, organization).AddTo(dataset, frames);
        AddPixels(dataset, series, frames, collector.BitsAllocated);
        return dataset;
    }

    private static void AddSeriesAndContent(DicomDataset dataset, SegmentationOptions options)
    {
        var created = options.Created ?? DateTime.Now;
        var date = created.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var time = created.ToString("HHmmss", CultureInfo.InvariantCulture);
        dataset.Add(DicomTag.Modality, "SEG");
        dataset.Add(DicomTag.SeriesInstanceUID, UidOrNew(options.SeriesInstanceUid, "Series Instance UID"));
        dataset.Add(DicomTag.SeriesNumber, options.SeriesNumber);
        dataset.Add(DicomTag.SeriesDescription, Checked.Text(options.SeriesDescription, 64, "series description"));
        dataset.Add(DicomTag.SeriesDate, date);
        dataset.Add(DicomTag.SeriesTime, time);
        dataset.Add(DicomTag.ContentDate, date);
        dataset.Add(DicomTag.ContentTime, time);
        dataset.Add(DicomTag.InstanceNumber, options.InstanceNumber);
        dataset.Add(DicomTag.Manufacturer, Checked.Text(options.Equipment.Manufacturer, 64, "manufacturer"));
        dataset.Add(DicomTag.ManufacturerModelName, Checked.Text(options.Equipment.ModelName, 64, "model name"));
        dataset.Add(DicomTag.DeviceSerialNumber, Checked.Text(options.Equipment.SerialNumber, 64, "device serial number"));
        dataset.Add(DicomTag.SoftwareVersions, Checked.Text(options.Equipment.SoftwareVersions, 64, "software version"));
        dataset.Add(DicomTag.ContentLabel, Checked.CodeString(options.ContentLabel, "content label"));
        dataset.Add(DicomTag.ContentDescription, Optional(options.ContentDescription, "content description"));
        dataset.Add(DicomTag.ContentCreatorName, Optional(options.ContentCreatorName, "content creator's name"));
    }

    private static string[] Optional(string? value, string name) => value is null ? [] : [Checked.Text(value, 64, name)];

    private static void AddReferencedSeries(DicomDataset dataset, SourceSeries series)
    {
        var items = new List<DicomDataset>();
        foreach (var group in series.Slices.DistinctBy(slice => slice.SopInstanceUid).GroupBy(slice => slice.Dataset.Text(DicomTag.SeriesInstanceUID)))
        {
            var instances = group.Select(slice => new DicomDataset().NotValidated()
                .Add(DicomTag.ReferencedSOPClassUID, slice.SopClassUid)
                .Add(DicomTag.ReferencedSOPInstanceUID, slice.SopInstanceUid));
            var item = new DicomDataset().NotValidated();
            item.Add(new DicomSequence(DicomTag.ReferencedInstanceSequence, [.. instances]));
            item.Add(DicomTag.SeriesInstanceUID, group.Key ?? throw new SegmentationException("A source image has no Series Instance UID."));
            items.Add(item);
        }

        dataset.Add(new DicomSequence(DicomTag.ReferencedSeriesSequence, [.. items]));
    }

    /// <summary>Once lossy, for ever lossy: a segmentation of lossy images says so (C.8.20.2.2).</summary>
    private static void AddCompressionHistory(DicomDataset dataset, SourceSeries series)
    {
        var lossy = series.Slices.FirstOrDefault(slice => slice.Dataset.Text(DicomTag.LossyImageCompression) == "01")?.Dataset;
        dataset.Add(DicomTag.LossyImageCompression, lossy is null ? "00" : "01");
        foreach (var tag in new[] { DicomTag.LossyImageCompressionRatio, DicomTag.LossyImageCompressionMethod })
        {
            if (lossy is not null && lossy.TryGetValues<string>(tag, out var values) && values.Length > 0)
                dataset.Add(tag, values);
        }
    }

    private static void AddPixels(DicomDataset dataset, SourceSeries series, StoredFrame[] frames, int bitsAllocated)
    {
        dataset.Add(DicomTag.SamplesPerPixel, (ushort)1);
        dataset.Add(DicomTag.PhotometricInterpretation, "MONOCHROME2");
        dataset.Add(DicomTag.NumberOfFrames, frames.Length);
        dataset.Add(DicomTag.Rows, (ushort)series.Rows);
        dataset.Add(DicomTag.Columns, (ushort)series.Columns);
        dataset.Add(DicomTag.BitsAllocated, (ushort)bitsAllocated);
        dataset.Add(DicomTag.BitsStored, (ushort)bitsAllocated);
        dataset.Add(DicomTag.HighBit, (ushort)(bitsAllocated - 1));
        dataset.Add(DicomTag.PixelRepresentation, (ushort)0);
        if (bitsAllocated > 1)
            dataset.Add(DicomTag.PixelPaddingValue, (ushort)0);

        var pixels = new StoredFramesBuffer(frames, (long)series.Rows * series.Columns * bitsAllocated);
        if (pixels.Size >= uint.MaxValue)
            throw new SegmentationException($"The pixels take {pixels.Size} bytes; one DICOM object holds 4 GB. Write fewer segments at once or a label map.");
        dataset.Add(bitsAllocated == 16
            ? new DicomOtherWord(DicomTag.PixelData, pixels)
            : new DicomOtherByte(DicomTag.PixelData, pixels));
    }

    private static DicomUID UidOrNew(DicomUID? uid, string name) =>
        uid is null ? DicomUIDGenerator.GenerateDerivedFromUUID() : Checked.Uid(uid, name);
}
