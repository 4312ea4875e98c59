using FellowOakDicom.IO.Buffer;
using FellowOakDicom.IO.Writer;

namespace FellowOakDicom.Tests.Writing;

public class WriterTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void What_is_written_is_read_back(bool sequenceLengths, bool itemLengths)
    {
        var options = new DicomWriteOptions { ExplicitLengthSequences = sequenceLengths, ExplicitLengthSequenceItems = itemLengths };
        foreach (var syntax in new[] { DicomTransferSyntax.ImplicitVRLittleEndian, DicomTransferSyntax.ExplicitVRLittleEndian, DicomTransferSyntax.ExplicitVRBigEndian, DicomTransferSyntax.DeflatedExplicitVRLittleEndian })
        {
            var read = SaveAndOpen(Dataset(syntax), options);
            Assert.Equal("a", read.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].GetString(DicomTag.SeriesDescription));
            Assert.Equal("b", read.GetSequence(DicomTag.ReferencedSeriesSequence).Items[1].GetString(DicomTag.SeriesDescription));
            Assert.Empty(read.GetSequence(DicomTag.ReferencedStudySequence).Items);
            Assert.Equal(1234, read.GetSingleValue<int>(DicomTag.Rows));
            Assert.Equal([1.5f, -2], read.GetDicomItem<DicomOtherFloat>(DicomTag.FloatPixelData).Get<float[]>());
        }
    }

    [Fact]
    public async Task Saving_asynchronously_writes_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var file = new DicomFile(Dataset(DicomTransferSyntax.ExplicitVRLittleEndian));
        file.Save(folder.File("a.dcm"));
        await file.SaveAsync(folder.File("b.dcm"));
        using var stream = new MemoryStream();
        await file.SaveAsync(stream);
        var bytes = await File.ReadAllBytesAsync(folder.File("a.dcm"), TestContext.Current.CancellationToken);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder.File("b.dcm"), TestContext.Current.CancellationToken));
        Assert.Equal(bytes, stream.ToArray());
    }

    [Fact]
    public void Meta_information_names_instance_syntax_and_writer()
    {
        var file = new DicomFile(Dataset(DicomTransferSyntax.ImplicitVRLittleEndian));
        Assert.Equal(DicomUID.CTImageStorage, file.FileMetaInfo.MediaStorageSOPClassUID);
        Assert.Equal("1.2.3", file.FileMetaInfo.MediaStorageSOPInstanceUID.UID);
        Assert.Equal(DicomTransferSyntax.ImplicitVRLittleEndian, file.FileMetaInfo.TransferSyntax);
        Assert.Equal(DicomImplementation.ClassUID, file.FileMetaInfo.ImplementationClassUID);
        Assert.Throws<DicomDataException>(() => new DicomFile(new DicomDataset()));
    }

    [Fact]
    public void Fragments_and_offset_table_are_written()
    {
        var fragments = new DicomOtherByteFragment(DicomTag.PixelData);
        fragments.OffsetTable.Add(0);
        fragments.Fragments.Add(new MemoryByteBuffer([1, 2, 3, 4]));
        var read = SaveAndOpen(Dataset(DicomTransferSyntax.RLELossless).Add(fragments), null).GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData);
        Assert.Equal([0u], read.OffsetTable);
        Assert.Equal([1, 2, 3, 4], Assert.Single(read.Fragments).Data);
    }

    [Fact]
    public void Text_too_long_for_its_representation_is_written_as_unknown_and_read_as_itself()
    {
        var text = new string('x', 70_000);
        var read = SaveAndOpen(Dataset(DicomTransferSyntax.ExplicitVRLittleEndian).NotValidated().Add(DicomTag.ImageComments, text), null);
        Assert.Equal(text, read.GetString(DicomTag.ImageComments));
    }

    [Fact]
    public void Text_is_padded_to_even_length()
    {
        var dataset = new DicomDataset().Add(DicomTag.SOPInstanceUID, "1.2").Add(DicomTag.PatientID, "abc");
        Assert.Equal("1.2\0"u8, dataset.GetDicomItem<DicomElement>(DicomTag.SOPInstanceUID).Buffer.Data);
        Assert.Equal("abc "u8, SaveAndOpen(Dataset(DicomTransferSyntax.ExplicitVRLittleEndian).Add(DicomTag.PatientID, "abc"), null).GetDicomItem<DicomElement>(DicomTag.PatientID).Buffer.Data);
    }

    private static DicomDataset Dataset(DicomTransferSyntax syntax) => new DicomDataset(syntax)
        .Add(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
        .Add(DicomTag.SOPInstanceUID, "1.2.3")
        .Add(DicomTag.Rows, (ushort)1234)
        .Add(DicomTag.FloatPixelData, 1.5f, -2f)
        .Add(new DicomSequence(DicomTag.ReferencedStudySequence))
        .Add(new DicomSequence(
            DicomTag.ReferencedSeriesSequence,
            new DicomDataset().Add(DicomTag.SeriesDescription, "a"),
            new DicomDataset().Add(DicomTag.SeriesDescription, "b")));

    private static DicomDataset SaveAndOpen(DicomDataset dataset, DicomWriteOptions? options)
    {
        using var stream = new MemoryStream();
        new DicomFile(dataset).Save(stream, options);
        return DicomFile.Open(new MemoryStream(stream.ToArray())).Dataset;
    }
}
