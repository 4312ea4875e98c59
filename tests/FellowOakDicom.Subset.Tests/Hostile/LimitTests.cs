using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Tests.Hostile;

/// <summary>Limits that the subset has and fo-dicom lacks; against fo-dicom these files would exhaust stack or memory.</summary>
public class LimitTests
{
    [Fact]
    public void Sequences_nested_without_end_are_refused()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom has no such limit.");
        var fault = Assert.Throws<DicomFileException>(() => HostileFileTests.Nested(100_000).Open());
        Assert.Contains("nested", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deflated_dataset_that_grows_beyond_proportion_is_refused()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom has no such limit.");
        var bomb = RawFile.WithMetaInfo("1.2.840.10008.1.2.1.99").Raw(HostileFileTests.Deflated(300 << 20));
        var fault = Assert.Throws<DicomFileException>(() => bomb.Open());
        Assert.Contains("grows", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_a_deflated_dataset_that_are_not_wanted_take_no_memory()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom inflates all of it first.");
        var file = RawFile.WithMetaInfo("1.2.840.10008.1.2.1.99").Raw(HostileFileTests.Deflated(100 << 20)).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var opened = DicomFile.Open(new MemoryStream(file), FileReadOption.SkipLargeTags);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Empty(opened.Dataset);
    }

    [Fact]
    public void An_rle_frame_that_could_never_fill_its_image_is_refused()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom takes the memory first.");
        var image = Pixels.TranscoderTests.Image(DicomTransferSyntax.RLELossless, 8, 1, 4, 4, 1);
        image.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData).Fragments[0] = new MemoryByteBuffer([1, 0, 0, 0, .. new byte[70]]);
        image.AddOrUpdate(DicomTag.Rows, (ushort)40000).AddOrUpdate(DicomTag.Columns, (ushort)40000);
        Assert.Throws<DicomCodecException>(() => image.Clone(DicomTransferSyntax.ExplicitVRLittleEndian));
    }

    [Fact]
    public void Elements_without_end_are_refused()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom has no such limit.");
        var file = RawFile.WithMetaInfo().Element(0x00081115, "SQ", [], RawFile.UndefinedLength);
        for (var i = 0; i < 2_000_001; i++)
            file.Item(0);
        var fault = Assert.Throws<DicomFileException>(() => file.Open());
        Assert.Contains("more than", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_in_descending_order_take_no_longer_than_in_ascending_order()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom moves all later elements for each.");
        var file = RawFile.WithMetaInfo();
        for (uint i = 400_000; i > 0; i--)
            file.Element(0x00110000 + ((i >> 15) << 17) + (i & 0x7fff), "LO", []);
        Assert.Equal(400_000, file.Open().Dataset.Count());
    }

    [Fact]
    public void A_frame_beyond_the_pixel_data_is_refused()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom fills it with zeros, or with what follows in the file.");
        var image = Pixels.TranscoderTests.Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 1, 4, 4, 1);
        image.AddOrUpdate(DicomTag.Rows, (ushort)5);
        Assert.Throws<DicomImagingException>(() => DicomPixelData.Create(image).GetFrame(0));
    }

    [Fact]
    public void A_frame_larger_than_an_array_is_refused()
    {
        Assert.SkipUnless(Library.IsSubset, "fo-dicom's frame size overflows.");
        var image = Pixels.TranscoderTests.Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 3, 4, 4, 1);
        image.AddOrUpdate(DicomTag.Rows, (ushort)65535).AddOrUpdate(DicomTag.Columns, (ushort)65535);
        Assert.Throws<DicomImagingException>(() => DicomPixelData.Create(image).GetFrame(0));
    }
}
