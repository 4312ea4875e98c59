using System.Text;

namespace FellowOakDicom.Tests.Reading;

public class ReaderTests
{
    [Fact]
    public void Large_values_stay_in_the_file_until_asked_for()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("large.dcm", Large().ToArray());
        var lazy = DicomFile.Open(path).Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData);
        Assert.False(lazy.Buffer.IsMemory);
        Assert.Equal(100_000, lazy.Buffer.Size);
        Assert.Equal(7, lazy.Buffer.Data[99_999]);
        var range = new byte[4];
        lazy.Buffer.GetByteRange(99_998, 2, range);
        Assert.Equal([7, 7, 0, 0], range);
        Assert.True(DicomFile.Open(path, FileReadOption.ReadAll).Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.IsMemory);
        Assert.False(DicomFile.Open(path, FileReadOption.SkipLargeTags).Dataset.Contains(DicomTag.PixelData));
        Assert.True(DicomFile.Open(path, largeObjectSize: 200_000).Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.IsMemory);
    }

    [Fact]
    public void A_stream_is_read_from_its_position_and_must_stay_open()
    {
        var stream = new MemoryStream([1, 2, 3, .. Large().ToArray()]) { Position = 3 };
        var pixels = DicomFile.Open(stream).Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer;
        Assert.Equal(100_000, pixels.Data.Length);
        stream.Dispose();
        Assert.Throws<IO.DicomIoException>(() => pixels.Data);
    }

    [Fact]
    public void A_stream_that_cannot_seek_is_read_into_memory()
    {
        using var stream = new Hostile.HostileFileTests.ForwardOnlyStream(Large().ToArray());
        Assert.Equal(100_000, DicomFile.Open(stream).Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.Data.Length);
    }

    [Fact]
    public async Task Opening_asynchronously_gives_the_same()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("large.dcm", Large().ToArray());
        Assert.Equal("CT", (await DicomFile.OpenAsync(path)).Dataset.GetString(DicomTag.Modality));
        Assert.Equal("CT", (await DicomFile.OpenAsync(new MemoryStream(Large().ToArray()))).Dataset.GetString(DicomTag.Modality));
        await Assert.ThrowsAsync<DicomFileException>(() => DicomFile.OpenAsync(folder.File("absent.dcm")));
    }

    [Fact]
    public void Reading_stops_where_the_caller_says()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("large.dcm", Large().ToArray());
        var file = DicomFile.Open(path, Encoding.ASCII, state => state.Tag == DicomTag.PixelData);
        Assert.True(file.IsPartial);
        Assert.Equal([DicomTag.Modality], file.Dataset.Select(item => item.Tag));
    }

    [Fact]
    public void A_header_is_recognised()
    {
        using var folder = new TemporaryFolder();
        Assert.True(DicomFile.HasValidHeader(folder.Write("good.dcm", Large().ToArray())));
        Assert.False(DicomFile.HasValidHeader(folder.Write("bad.dcm", new byte[200])));
        Assert.False(DicomFile.HasValidHeader(folder.Write("short.dcm", new byte[3])));
        Assert.False(DicomFile.HasValidHeader(folder.File("absent.dcm")));
    }

    [Theory]
    [InlineData("ExplVR_LitEndNoMeta.dcm", "1.2.840.10008.1.2.1")]
    [InlineData("ExplVR_BigEndNoMeta.dcm", "1.2.840.10008.1.2.2")]
    public void Without_meta_information_the_syntax_is_found_out(string name, string uid)
    {
        var file = DicomFile.Open(SharedData.Require("dicom-odd", "pydicom", name));
        Assert.Equal(DicomFileFormat.DICOM3NoFileMetaInfo, file.Format);
        Assert.Equal(uid, file.Dataset.InternalTransferSyntax.UID.UID);
    }

    [Fact]
    public void Without_meta_information_implicit_values_are_read()
    {
        var file = new RawFile().Tag(0x00080060).UInt32(2).Raw("CT"u8).Tag(0x00204000).UInt32(200).Raw(Encoding.ASCII.GetBytes(new string('x', 200))).Open();
        Assert.Equal(DicomTransferSyntax.ImplicitVRLittleEndian, file.Dataset.InternalTransferSyntax);
        Assert.Equal("CT", file.Dataset.GetString(DicomTag.Modality));
        Assert.Equal(200, file.Dataset.GetString(DicomTag.ImageComments).Length);
    }

    [Fact]
    public void A_truncated_file_is_partial()
    {
        var file = DicomFile.Open(SharedData.Require("dicom-odd", "pydicom", "MR_truncated.dcm"));
        Assert.True(file.IsPartial);
        Assert.Equal("MR", file.Dataset.GetString(DicomTag.Modality));
    }

    [Fact]
    public void Undefined_lengths_items_and_delimiters_are_read()
    {
        var dataset = RawFile.WithMetaInfo()
            .Element(0x00081115, "SQ", [], RawFile.UndefinedLength)
            .Item().Text(0x0020000e, "UI", "1.2").EndOfItem()
            .Item(0)
            .EndOfSequence()
            .Text(0x00100020, "LO", "ID")
            .Open().Dataset;
        Assert.Equal(2, dataset.GetSequence(DicomTag.ReferencedSeriesSequence).Items.Count);
        Assert.Equal("ID", dataset.GetString(DicomTag.PatientID));
    }

    [Fact]
    public void A_known_sequence_under_unknown_representation_is_read_as_sequence()
    {
        // Within UN all is implicit VR little endian.
        var item = new RawFile().Tag(0x0020000e).UInt32(4).Raw("1.2\0"u8).ToArray();
        var dataset = RawFile.WithMetaInfo()
            .Element(0x00081115, "UN", [], RawFile.UndefinedLength)
            .Item().Raw(item).EndOfItem()
            .EndOfSequence()
            .Open().Dataset;
        Assert.Equal("1.2", dataset.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].GetString(DicomTag.SeriesInstanceUID));
    }

    [Fact]
    public void Private_attributes_know_their_creator()
    {
        var dataset = RawFile.WithMetaInfo().Text(0x00110010, "LO", "ME").Text(0x00111005, "LO", "mine").Open().Dataset;
        Assert.Equal("mine", dataset.GetString(new DicomTag(0x0011, 0x05, "ME")));
        Assert.Equal("ME", dataset.Last().Tag.PrivateCreator.Creator);
    }

    private static RawFile Large()
    {
        var pixels = new byte[100_000];
        pixels.AsSpan().Fill(7);
        return RawFile.WithMetaInfo().Text(0x00080060, "CS", "CT").Element(0x7fe00010, "OW", pixels);
    }
}
