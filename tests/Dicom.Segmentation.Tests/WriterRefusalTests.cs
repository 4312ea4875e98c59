using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>What cannot make one segmentation is refused by name.</summary>
public sealed class WriterRefusalTests
{
    private static readonly TestSeries Series = new();

    [Fact]
    public void No_image() => Refused("no source image", []);

    [Fact]
    public void No_segment() => Refused("no segment", segments: []);

    [Fact]
    public void Empty_masks() => Refused("Every mask is empty", masks: (_, _, _) => false);

    [Fact]
    public void Masks_that_say_they_are_not_empty_but_are() => Refused("Every mask is empty", masks: (_, _, _) => true);

    [Fact]
    public void Numbers_with_a_gap_in_binary() => Refused("numbered 1, 2, 3", segments: [TestMasks.Liver, TestMasks.Kidney with { Number = 3 }]);

    [Fact]
    public void One_number_twice_in_a_label_map() =>
        Refused("same number", segments: [TestMasks.Liver, TestMasks.Kidney with { Number = 1 }], encoding: SegmentationEncoding.LabelMap);

    [Fact]
    public void Number_zero() => Refused("not from 1", segments: [TestMasks.Liver with { Number = 0 }], encoding: SegmentationEncoding.LabelMap);

    [Fact]
    public void Fractional() => Refused("FRACTIONAL", encoding: SegmentationEncoding.Fractional);

    [Fact]
    public void Overlap_in_a_label_map() => Refused("overlap on slice 3", encoding: SegmentationEncoding.LabelMap);

    [Fact]
    public void Images_of_different_sizes() => Refused("differ in Rows", Changed(DicomTag.Rows, (ushort)14));

    [Fact]
    public void Images_of_different_frames_of_reference() => Refused("frames of reference", Changed(DicomTag.FrameOfReferenceUID, "1.2.3"));

    [Fact]
    public void Images_of_different_studies() => Refused("different studies", Changed(DicomTag.StudyInstanceUID, "1.2.3"));

    [Fact]
    public void One_image_twice() => Refused("same SOP Instance UID", [Series.Build()[0], Series.Build()[0]]);

    [Fact]
    public void Some_images_without_a_place()
    {
        var images = Series.Build();
        images[2].Remove(DicomTag.ImagePositionPatient);
        Refused("some have none", images);
    }

    [Fact]
    public void Orientation_that_is_none() => Refused("right angle", Changed(DicomTag.ImageOrientationPatient, "1", "0", "0", "1", "0", "0"));

    [Fact]
    public void Label_that_is_too_long() => Refused("65 characters", segments: [TestMasks.Liver with { Label = new string('x', 65) }, TestMasks.Kidney]);

    [Fact]
    public void Tracking_without_uid() => Refused("tracking", segments: [TestMasks.Liver with { TrackingUid = null }, TestMasks.Kidney]);

    [Fact]
    public void Automatic_segment_without_the_algorithms_name() =>
        Refused("algorithm name", segments: [TestMasks.Liver with { Algorithm = new SegmentAlgorithm(SegmentAlgorithmType.Automatic) }, TestMasks.Kidney]);

    [Fact]
    public void Content_label_in_small_letters() => Refused("content label", options: new SegmentationOptions { ContentLabel = "liver" });

    [Fact]
    public void Label_without_a_segment()
    {
        var refusal = Assert.Throws<SegmentationException>(() => SegmentationWriter.WriteLabels(
            Series.Build(), [TestMasks.Liver], (slice, labels) =>
            {
                labels[5] = 9;
                return slice == 2;
            },
            cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("Slice 2 holds label 9", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_writing_stops() => Assert.Throws<OperationCanceledException>(() => SegmentationWriter.Write(
        Series.Build(), [TestMasks.Liver], TestMasks.Random(Series, overlapping: true).Read, cancellation: new CancellationToken(canceled: true)));

    [Fact]
    public void Names_in_other_scripts_are_kept()
    {
        var images = Series.Build();
        foreach (var image in images)
            image.AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 192").AddOrUpdate(DicomTag.PatientName, "Yamada^Tarou=山田^太郎");
        var file = SegmentationWriter.Write(
            images, [TestMasks.Liver with { Label = "Foie entière é" }], TestMasks.Random(Series, overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken);
        var stream = new MemoryStream();
        file.Save(stream);
        stream.Position = 0;
        var read = DicomFile.Open(stream, FileReadOption.ReadAll).Dataset;
        Assert.Equal("Yamada^Tarou=山田^太郎", read.GetString(DicomTag.PatientName));
        Assert.Equal("Foie entière é", SegmentationReader.Open(read).Segments[0].Label);
    }

    [Fact]
    public void Values_of_the_source_that_break_the_standard_are_copied_and_not_refused()
    {
        var images = Series.Build();
        var patient = new string('7', 80);
        foreach (var image in images)
            image.NotValidated().AddOrUpdate(DicomTag.PatientID, patient).AddOrUpdate(DicomTag.StudyDate, "2026.01.02");
        images[0].AddOrUpdate(DicomTag.SOPInstanceUID, "1.2.007.4");
        var file = SegmentationWriter.Write(
            images, [TestMasks.Liver], TestMasks.Random(Series, overlapping: true).Read, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(patient, file.Dataset.GetString(DicomTag.PatientID));
        Assert.Equal("1.2.007.4", RoundTripTests.Reread(file).Frames[0].Sources[0].SopInstanceUid);
    }

    [Fact]
    public void Source_that_claims_countless_frames() => Refused("frames", [Series.Build()[0].AddOrUpdate(DicomTag.NumberOfFrames, "2147483647")]);

    [Fact]
    public void Lossy_source_is_said_to_be_lossy()
    {
        var images = Changed(DicomTag.LossyImageCompression, "01");
        images[1].AddOrUpdate(DicomTag.LossyImageCompressionRatio, "12.5").AddOrUpdate(DicomTag.LossyImageCompressionMethod, "ISO_10918_1");
        var dataset = SegmentationWriter.Write(
            images, [TestMasks.Liver], TestMasks.Random(Series, overlapping: true).Read,
            cancellation: TestContext.Current.CancellationToken).Dataset;
        Assert.Equal("01", dataset.GetString(DicomTag.LossyImageCompression));
        Assert.Equal("12.5", dataset.GetString(DicomTag.LossyImageCompressionRatio));
        Assert.Equal("ISO_10918_1", dataset.GetString(DicomTag.LossyImageCompressionMethod));
    }

    private static IReadOnlyList<DicomDataset> Changed<T>(DicomTag tag, params T[] values)
    {
        var images = Series.Build();
        images[1].AddOrUpdate(tag, values);
        return images;
    }

    private static void Refused(
        string words,
        IReadOnlyList<DicomDataset>? source = null,
        IReadOnlyList<Segment>? segments = null,
        MaskReader? masks = null,
        SegmentationEncoding encoding = SegmentationEncoding.Binary,
        SegmentationOptions? options = null)
    {
        var refusal = Assert.Throws<SegmentationException>(() => SegmentationWriter.Write(
            source ?? Series.Build(),
            segments ?? [TestMasks.Liver, TestMasks.Kidney],
            masks ?? OnSlice3,
            (options ?? new SegmentationOptions()) with { Encoding = encoding }));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    private static bool OnSlice3(int segmentNumber, int slice, Span<byte> mask)
    {
        mask[7] = 1;
        return slice == 3;
    }
}
