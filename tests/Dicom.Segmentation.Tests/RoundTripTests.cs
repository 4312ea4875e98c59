using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>What we write we read again voxel by voxel, through a file, whatever the geometry of the source.</summary>
public sealed class RoundTripTests
{
    private static readonly double Half = Math.Sqrt(0.5);

    public static readonly TheoryData<string> Cases = [.. Geometries.Keys];

    private static Dictionary<string, TestSeries> Geometries => new()
    {
        ["axial"] = new(),
        ["coronal"] = new() { ColumnDirection = [0, 0, -1] },
        ["sagittal"] = new() { RowDirection = [0, 1, 0], ColumnDirection = [0, 0, -1] },
        ["oblique"] = new() { RowDirection = [Half, Half, 0], ColumnDirection = [-Half, Half, 0] },
        ["double oblique"] = new() { RowDirection = [0.936293, 0.275096, -0.218351], ColumnDirection = [-0.289629, 0.956425, -0.036958] },
        ["flipped rows"] = new() { RowDirection = [-1, 0, 0] },
        ["flipped columns"] = new() { ColumnDirection = [0, -1, 0] },
        ["reversed"] = new() { Height = slice => -2.5 * slice },
        ["unsorted"] = new() { Height = slice => 2.5 * ((slice * 3) % 5) },
        ["gapped"] = new() { Height = slice => slice < 2 ? slice * 2.5 : (slice + 3) * 2.5 },
        ["single slice"] = new() { Slices = 1 },
        ["one row"] = new() { Rows = 1, Columns = 3 },
        ["anisotropic, rows of 8"] = new() { Rows = 8, Columns = 16, Spacing = [0.1, 3], Height = slice => slice * 0.5, Thickness = 0.5 },
        ["time series at one place"] = new() { Height = _ => 0 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Binary_masks_come_back(string geometry) => CheckMasks(Geometries[geometry], series => series.Build(), overlapping: true, SegmentationEncoding.Binary);

    [Theory, MemberData(nameof(Cases))]
    public void Label_maps_come_back(string geometry) => CheckMasks(Geometries[geometry], series => series.Build(), overlapping: false, SegmentationEncoding.LabelMap);

    [Theory]
    [InlineData(SegmentationEncoding.Binary)]
    [InlineData(SegmentationEncoding.LabelMap)]
    public void Masks_of_an_enhanced_image_come_back(SegmentationEncoding encoding) =>
        CheckMasks(new TestSeries(), series => [series.BuildEnhanced()], overlapping: false, encoding);

    [Theory]
    [InlineData(SegmentationEncoding.Binary)]
    [InlineData(SegmentationEncoding.LabelMap)]
    public void Masks_of_images_without_a_place_come_back(SegmentationEncoding encoding) =>
        CheckMasks(new TestSeries(), WithoutPlace, overlapping: false, encoding);

    [Theory, MemberData(nameof(Cases))]
    public void Planes_are_those_of_the_source(string geometry)
    {
        var series = Geometries[geometry];
        var source = series.Build();
        var reader = Reread(SegmentationWriter.Write(
            source, [TestMasks.Liver, TestMasks.Kidney], TestMasks.Random(series, overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken));
        var uids = source.Select(image => image.GetString(DicomTag.SOPInstanceUID)).ToList();
        foreach (var frame in reader.Frames)
        {
            var image = source[uids.IndexOf(Assert.Single(frame.Sources).SopInstanceUid)];
            var plane = frame.Plane!;
            Assert.Equal(Vector(image, DicomTag.ImagePositionPatient, 0), plane.Position);
            Assert.Equal(Vector(image, DicomTag.ImageOrientationPatient, 0), plane.RowDirection);
            Assert.Equal(Vector(image, DicomTag.ImageOrientationPatient, 3), plane.ColumnDirection);
            Assert.Equal(image.GetValue<double>(DicomTag.PixelSpacing, 0), plane.RowSpacing);
            Assert.Equal(image.GetValue<double>(DicomTag.PixelSpacing, 1), plane.ColumnSpacing);
        }
    }

    [Fact]
    public void Labels_and_masks_write_the_same_bytes()
    {
        var series = new TestSeries();
        var masks = TestMasks.Random(series, overlapping: false);
        foreach (var encoding in new[] { SegmentationEncoding.Binary, SegmentationEncoding.LabelMap })
        {
            var options = Fixed(encoding);
            var fromMasks = SegmentationWriter.Write(
                series.Build(), [TestMasks.Liver, TestMasks.Kidney], masks.Read, options, TestContext.Current.CancellationToken);
            var fromLabels = SegmentationWriter.WriteLabels(
                series.Build(), [TestMasks.Liver, TestMasks.Kidney], masks.ReadLabels, options, TestContext.Current.CancellationToken);
            Assert.Equal(Bytes(fromMasks), Bytes(fromLabels));
        }
    }

    [Fact]
    public void Labels_above_255_take_16_bits()
    {
        var series = new TestSeries();
        var masks = TestMasks.Random(series, overlapping: false);
        var file = SegmentationWriter.WriteLabels(
            series.Build(),
            [TestMasks.Liver with { Number = 40_000 }, TestMasks.Kidney with { Number = 7 }],
            (slice, labels) =>
            {
                masks.ReadLabels(slice, labels);
                labels.Replace((ushort)1, (ushort)40_000);
                labels.Replace((ushort)2, (ushort)7);
                return true;
            },
            new SegmentationOptions { Encoding = SegmentationEncoding.LabelMap },
            TestContext.Current.CancellationToken);
        var aligned = Reread(file).AlignTo(series.Build());
        var mask = new byte[series.Rows * series.Columns];
        for (var slice = 0; slice < series.Slices; slice++)
        {
            aligned.ReadMask(40_000, slice, mask);
            Assert.Equal(masks[1, slice], mask);
            aligned.ReadMask(7, slice, mask);
            Assert.Equal(masks[2, slice], mask);
        }
    }

    [Fact]
    public void Empty_frames_are_left_out_and_the_rest_is_in_spatial_order()
    {
        var series = new TestSeries { Height = slice => -2.5 * slice };
        var reader = Reread(SegmentationWriter.Write(
            series.Build(), [TestMasks.Liver, TestMasks.Kidney], TestMasks.Random(series, overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(
            [(1, -10), (1, -7.5), (1, -5), (1, 0), (2, -10), (2, -7.5), (2, -2.5)],
            reader.Frames.Select(frame => (frame.SegmentNumber!.Value, frame.Plane!.Position.Z - series.Origin[2])));
    }

    [Fact]
    public void Segments_come_back_as_described()
    {
        var series = new TestSeries();
        var segments = Reread(SegmentationWriter.Write(
            series.Build(), [TestMasks.Liver, TestMasks.Kidney], TestMasks.Random(series, overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken)).Segments;
        Assert.Equivalent(TestMasks.Liver, segments[0], strict: true);
        Assert.Equivalent(TestMasks.Kidney, segments[1], strict: true);
    }

    [Fact]
    public void The_same_input_with_given_uids_and_date_makes_the_same_bytes()
    {
        byte[] Once() => Bytes(SegmentationWriter.Write(
            new TestSeries().Build(), [TestMasks.Liver, TestMasks.Kidney],
            TestMasks.Random(new TestSeries(), overlapping: true).Read,
            Fixed(SegmentationEncoding.Binary)));
        Assert.Equal(Once(), Once());
    }

    [Theory]
    [InlineData(true, "YES")]
    [InlineData(false, "NO")]
    public void Overlap_is_said(bool overlapping, string expected)
    {
        var series = new TestSeries();
        var file = SegmentationWriter.Write(
            series.Build(), [TestMasks.Liver, TestMasks.Kidney], TestMasks.Random(series, overlapping).Read,
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected, file.Dataset.GetString(DicomTag.SegmentsOverlap));
    }

    internal static SegmentationReader Reread(DicomFile file)
    {
        var stream = new MemoryStream();
        file.Save(stream);
        stream.Position = 0;
        return SegmentationReader.Open(DicomFile.Open(stream, FileReadOption.ReadAll).Dataset);
    }

    private static PatientVector Vector(DicomDataset dataset, DicomTag tag, int first) =>
        new(dataset.GetValue<double>(tag, first), dataset.GetValue<double>(tag, first + 1), dataset.GetValue<double>(tag, first + 2));

    private static SegmentationOptions Fixed(SegmentationEncoding encoding) => new()
    {
        Encoding = encoding,
        Created = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Unspecified),
        SopInstanceUid = DicomUID.Parse("1.2.826.0.1.3680043.10.1.7.1"),
        SeriesInstanceUid = DicomUID.Parse("1.2.826.0.1.3680043.10.1.7.2"),
        DimensionOrganizationUid = DicomUID.Parse("1.2.826.0.1.3680043.10.1.7.3"),
    };

    private static byte[] Bytes(DicomFile file)
    {
        var stream = new MemoryStream();
        file.Save(stream);
        return stream.ToArray();
    }

    private static IReadOnlyList<DicomDataset> WithoutPlace(TestSeries series)
    {
        var images = series.Build();
        foreach (var image in images)
            image.Remove(DicomTag.ImagePositionPatient, DicomTag.ImageOrientationPatient, DicomTag.FrameOfReferenceUID);
        return images;
    }

    private static void CheckMasks(
        TestSeries series, Func<TestSeries, IReadOnlyList<DicomDataset>> build, bool overlapping, SegmentationEncoding encoding)
    {
        var masks = TestMasks.Random(series, overlapping);
        var file = SegmentationWriter.Write(
            build(series), [TestMasks.Liver, TestMasks.Kidney], masks.Read, new SegmentationOptions { Encoding = encoding },
            TestContext.Current.CancellationToken);
        var reader = Reread(file);
        Assert.Equal(encoding, reader.Encoding);
        var aligned = reader.AlignTo(build(series));
        Assert.Equal(series.Slices, aligned.SliceCount);
        var mask = new byte[series.Rows * series.Columns];
        for (var slice = 0; slice < series.Slices; slice++)
        {
            foreach (var number in new[] { 1, 2 })
            {
                var expected = masks[number, slice];
                var found = aligned.ReadMask(number, slice, mask);
                Assert.Equal(expected, mask);
                Assert.True(found || expected.All(value => value == 0));
            }

            if (overlapping)
                continue;
            ushort[] labels = new ushort[mask.Length], expectedLabels = new ushort[mask.Length];
            aligned.ReadLabels(slice, labels);
            masks.ReadLabels(slice, expectedLabels);
            Assert.Equal(expectedLabels, labels);
        }
    }
}
