using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>What David Clunie's dciodvfy and pydicom make of our objects.</summary>
public sealed class ValidatorTests
{
    public static readonly TheoryData<bool, bool> Shapes = new() { { true, false }, { true, true }, { false, false }, { false, true } };

    [Theory, MemberData(nameof(Shapes))]
    public void Binary_has_no_errors(bool stack, bool overlapping)
    {
        var series = new TestSeries { Slices = stack ? 5 : 1 };
        Assert.Empty(Validator.Errors(Write(series, overlapping, SegmentationEncoding.Binary), SegmentationEncoding.Binary));
    }

    public static readonly TheoryData<string> OddSources = [.. Odd.Keys];

    private static Dictionary<string, Action<IReadOnlyList<DicomDataset>>> Odd => new()
    {
        ["no thickness"] = images => Remove(images, DicomTag.SliceThickness),
        ["no place"] = images => Remove(images, DicomTag.ImagePositionPatient, DicomTag.ImageOrientationPatient, DicomTag.FrameOfReferenceUID),
        ["no place, but a frame of reference"] = images => Remove(images, DicomTag.ImagePositionPatient),
        ["uneven gaps"] = images => images[4].AddOrUpdate(DicomTag.ImagePositionPatient, "-20.5", "10.25", "150"),
        ["two slices at one place"] = images => images[4].AddOrUpdate(DicomTag.ImagePositionPatient, "-20.5", "10.25", "100"),
        ["two orientations"] = images => images[4].AddOrUpdate(DicomTag.ImageOrientationPatient, "0", "1", "0", "0", "0", "-1"),
        ["two spacings"] = images => images[4].AddOrUpdate(DicomTag.PixelSpacing, "0.8", "0.5"),
        ["empty patient"] = images => Remove(images, DicomTag.PatientID, DicomTag.PatientName, DicomTag.StudyDate, DicomTag.AccessionNumber),
    };

    [Theory, MemberData(nameof(OddSources))]
    public void Binary_of_an_odd_source_has_no_errors(string name)
    {
        var images = new TestSeries().Build();
        Odd[name](images);
        var file = SegmentationWriter.Write(
            images,
            [TestMasks.Liver, TestMasks.Kidney],
            TestMasks.Random(new TestSeries(), overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken);
        Assert.Empty(Validator.Errors(file, SegmentationEncoding.Binary));
    }

    [Fact]
    public void Binary_of_one_slice_of_unknown_thickness_lacks_only_that()
    {
        var series = new TestSeries { Slices = 1 };
        var images = series.Build();
        Remove(images, DicomTag.SliceThickness);
        var file = SegmentationWriter.Write(
            images, [TestMasks.Liver], TestMasks.Random(series, overlapping: true).Read, cancellation: TestContext.Current.CancellationToken);
        // The standard wants it of volumetric images only (PS3.3 C.7.6.16.2.1); none is made up.
        Assert.Contains("<SliceThickness>", Assert.Single(Validator.Errors(file, SegmentationEncoding.Binary)), StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_of_an_enhanced_image_has_no_errors()
    {
        var series = new TestSeries();
        var file = SegmentationWriter.Write(
            [series.BuildEnhanced()],
            [TestMasks.Liver, TestMasks.Kidney],
            TestMasks.Random(series, overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken);
        Assert.Empty(Validator.Errors(file, SegmentationEncoding.Binary));
    }

    [Fact]
    public void Label_map_has_no_errors_but_those_of_a_validator_older_than_label_maps()
    {
        Assert.Empty(Validator.Errors(Write(new TestSeries(), overlapping: false, SegmentationEncoding.LabelMap), SegmentationEncoding.LabelMap));
    }

    [Theory]
    [InlineData(SegmentationEncoding.Binary)]
    [InlineData(SegmentationEncoding.LabelMap)]
    public void Pydicom_reads_the_same_voxels(SegmentationEncoding encoding)
    {
        var python = ExternalTool.RequirePydicom();
        var series = new TestSeries();
        var masks = TestMasks.Random(series, overlapping: encoding == SegmentationEncoding.Binary);
        using var file = new TemporaryFile(Write(series, encoding == SegmentationEncoding.Binary, encoding));
        const string script = """
            import sys, pydicom
            d = pydicom.dcmread(sys.argv[1])
            pixels = d.pixel_array.reshape((-1, d.Rows, d.Columns))
            for frame, groups in zip(pixels, d.PerFrameFunctionalGroupsSequence):
                uid = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
                numbers = [groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber] if d.SegmentationType == 'BINARY' else [1, 2]
                for number in numbers:
                    mask = frame if d.SegmentationType == 'BINARY' else (frame == number)
                    if mask.any():
                        print(number, int(uid.split('.')[-1]) - 1, ''.join(map(str, mask.astype(int).ravel())))
            """;
        var (code, output) = ExternalTool.Run(python, "-c", script, file.Path);
        Assert.True(code == 0, output);

        var expected = new List<string>();
        foreach (var number in new[] { 1, 2 })
        {
            for (var slice = 0; slice < series.Slices; slice++)
            {
                if (masks[number, slice].Any(value => value != 0))
                    expected.Add($"{number} {slice} {string.Concat(masks[number, slice])}");
            }
        }

        Assert.Equal(expected.Order(), output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    private static DicomFile Write(TestSeries series, bool overlapping, SegmentationEncoding encoding) => SegmentationWriter.Write(
        series.Build(),
        [TestMasks.Liver, TestMasks.Kidney],
        TestMasks.Random(series, overlapping).Read,
        new SegmentationOptions { Encoding = encoding, ContentCreatorName = "Doe^Jane", ContentDescription = "Two organs" });

    private static void Remove(IReadOnlyList<DicomDataset> images, params DicomTag[] tags)
    {
        foreach (var image in images)
            image.Remove(tags);
    }
}
