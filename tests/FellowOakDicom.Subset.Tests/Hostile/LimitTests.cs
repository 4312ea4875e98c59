namespace FellowOakDicom.Tests.Hostile;

/// <summary>Limits that the subset has and fo-dicom lacks; against fo-dicom these files would exhaust stack or memory.</summary>
public class LimitTests
{
    private static bool IsSubset => typeof(DicomFile).Assembly.GetName().Name == "FellowOakDicom.Subset";

    [Fact]
    public void Sequences_nested_without_end_are_refused()
    {
        Assert.SkipUnless(IsSubset, "fo-dicom has no such limit.");
        var fault = Assert.Throws<DicomFileException>(() => HostileFileTests.Nested(100_000).Open());
        Assert.Contains("nested", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deflated_dataset_that_grows_beyond_proportion_is_refused()
    {
        Assert.SkipUnless(IsSubset, "fo-dicom has no such limit.");
        var bomb = RawFile.WithMetaInfo("1.2.840.10008.1.2.1.99").Raw(HostileFileTests.DeflatedZeros(100 << 20));
        var fault = Assert.Throws<DicomFileException>(() => bomb.Open());
        Assert.Contains("grows", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_without_end_are_refused()
    {
        Assert.SkipUnless(IsSubset, "fo-dicom has no such limit.");
        var file = RawFile.WithMetaInfo().Element(0x00081115, "SQ", [], RawFile.UndefinedLength);
        for (var i = 0; i < 2_000_001; i++)
            file.Item(0);
        var fault = Assert.Throws<DicomFileException>(() => file.Open());
        Assert.Contains("more than", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_in_descending_order_take_no_longer_than_in_ascending_order()
    {
        Assert.SkipUnless(IsSubset, "fo-dicom moves all later elements for each.");
        var file = RawFile.WithMetaInfo();
        for (uint i = 400_000; i > 0; i--)
            file.Element(0x00110000 + ((i >> 15) << 17) + (i & 0x7fff), "LO", []);
        Assert.Equal(400_000, file.Open().Dataset.Count());
    }

    [Fact]
    public void A_frame_beyond_the_pixel_data_is_refused()
    {
        Assert.SkipUnless(IsSubset, "fo-dicom fills it with zeros, or with what follows in the file.");
        var image = Pixels.TranscoderTests.Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 1, 4, 4, 1);
        image.AddOrUpdate(DicomTag.Rows, (ushort)5);
        Assert.Throws<Imaging.DicomImagingException>(() => Imaging.DicomPixelData.Create(image).GetFrame(0));
    }

    [Fact]
    public void A_frame_larger_than_an_array_is_refused()
    {
        Assert.SkipUnless(IsSubset, "fo-dicom's frame size overflows.");
        var image = Pixels.TranscoderTests.Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 3, 4, 4, 1);
        image.AddOrUpdate(DicomTag.Rows, (ushort)65535).AddOrUpdate(DicomTag.Columns, (ushort)65535);
        Assert.Throws<Imaging.DicomImagingException>(() => Imaging.DicomPixelData.Create(image).GetFrame(0));
    }
}
