using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Tests.Pixels;

public class TranscoderTests
{
    [Theory]
    [InlineData(16, 1, 17, 13, 3)]
    [InlineData(8, 3, 16, 12, 2)]
    [InlineData(16, 3, 7, 5, 1)]
    [InlineData(8, 1, 300, 200, 1)]
    public void Rle_and_back_gives_the_same_frames(int bits, int samples, int rows, int columns, int frames)
    {
        var original = Image(DicomTransferSyntax.ExplicitVRLittleEndian, bits, samples, rows, columns, frames);
        var compressed = original.Clone(DicomTransferSyntax.RLELossless);
        var restored = compressed.Clone(DicomTransferSyntax.ExplicitVRLittleEndian);
        Assert.Equal(frames, compressed.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData).Fragments.Count);
        Assert.Equal(Frames(original), Frames(restored));
        Assert.Equal("1.2.840.10008.1.2.5", compressed.InternalTransferSyntax.UID.UID);
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.5")]
    public void A_file_saved_in_another_syntax_has_the_same_pixels(string uid)
    {
        var original = Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 1, 9, 11, 2);
        using var stream = new MemoryStream();
        new DicomFile(original).Clone(DicomTransferSyntax.Parse(uid)).Save(stream);
        stream.Position = 0;
        var opened = DicomFile.Open(stream);
        Assert.Equal(uid, opened.FileMetaInfo.TransferSyntax.UID.UID);
        Assert.Equal(uid, opened.Dataset.InternalTransferSyntax.UID.UID);
        Assert.Equal(Frames(original), Frames(opened.Dataset.Clone(DicomTransferSyntax.ExplicitVRLittleEndian)));
    }

    [Fact]
    public void A_syntax_without_a_codec_is_refused_by_name()
    {
        var image = Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 1, 4, 4, 1);
        Assert.Throws<DicomCodecException>(() => image.Clone(DicomTransferSyntax.JPEG2000Lossless));
    }

    [Fact]
    public void A_frame_that_is_not_there_is_refused()
    {
        var image = Image(DicomTransferSyntax.ExplicitVRLittleEndian, 16, 1, 4, 4, 1);
        Assert.Throws<IndexOutOfRangeException>(() => DicomPixelData.Create(image).GetFrame(1));
        Assert.Throws<IndexOutOfRangeException>(() => DicomPixelData.Create(image).GetFrame(-1));
    }

    [Fact]
    public void Frames_without_offset_table_in_more_fragments_than_frames_are_refused()
    {
        var image = Image(DicomTransferSyntax.RLELossless, 16, 1, 4, 4, 3);
        image.AddOrUpdate(DicomTag.NumberOfFrames, "2");
        Assert.Throws<DicomImagingException>(() => DicomPixelData.Create(image).GetFrame(0));
    }

    [Fact]
    public void Fragments_are_joined_by_the_offset_table()
    {
        var fragments = new DicomOtherByteFragment(DicomTag.PixelData);
        foreach (byte[] part in new byte[][] { [1, 2], [3, 4], [5, 6] })
            fragments.Fragments.Add(new MemoryByteBuffer(part));
        fragments.OffsetTable.Add(0);
        fragments.OffsetTable.Add(20);
        var image = Image(DicomTransferSyntax.RLELossless, 8, 1, 2, 2, 1).AddOrUpdate(fragments).AddOrUpdate(DicomTag.NumberOfFrames, "2");
        var pixels = DicomPixelData.Create(image);
        Assert.Equal([1, 2, 3, 4], pixels.GetFrame(0).Data);
        Assert.Equal([5, 6], pixels.GetFrame(1).Data);
    }

    [Fact]
    public void Odd_frames_are_padded_once_at_the_end()
    {
        var image = Image(DicomTransferSyntax.ExplicitVRLittleEndian, 8, 1, 3, 3, 3);
        Assert.Equal(28, image.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.Size);
        Assert.Equal(9, DicomPixelData.Create(image).GetFrame(2).Size);
    }

    internal static DicomDataset Image(DicomTransferSyntax syntax, int bits, int samples, int rows, int columns, int frames)
    {
        var random = new Random(bits + rows);
        var image = new DicomDataset(syntax)
            .Add(DicomTag.SOPClassUID, DicomUID.SecondaryCaptureImageStorage)
            .Add(DicomTag.SOPInstanceUID, "1.2.3")
            .Add(DicomTag.Rows, (ushort)rows)
            .Add(DicomTag.Columns, (ushort)columns)
            .Add(DicomTag.BitsAllocated, (ushort)bits)
            .Add(DicomTag.BitsStored, (ushort)bits)
            .Add(DicomTag.HighBit, (ushort)(bits - 1))
            .Add(DicomTag.PixelRepresentation, (ushort)0)
            .Add(DicomTag.SamplesPerPixel, (ushort)samples)
            .Add(DicomTag.PhotometricInterpretation, samples == 3 ? "RGB" : "MONOCHROME2");
        var pixels = DicomPixelData.Create(image, newPixelData: true);
        for (var frame = 0; frame < frames; frame++)
        {
            // Stretches of the same byte and of different ones, so that there are runs and literals.
            var bytes = new byte[rows * columns * samples * bits / 8];
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = i > 0 && random.Next(4) > 0 ? bytes[i - 1] : (byte)random.Next(256);
            pixels.AddFrame(new MemoryByteBuffer(bytes));
        }

        return image;
    }

    private static byte[][] Frames(DicomDataset image)
    {
        var pixels = DicomPixelData.Create(image);
        return [.. Enumerable.Range(0, pixels.NumberOfFrames).Select(frame => pixels.GetFrame(frame).Data)];
    }
}
