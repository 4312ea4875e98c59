namespace FellowOakDicom.Tests.Values;

public class CharacterSetTests
{
    [Theory]
    [InlineData("ISO_IR 100", "Äneas^Rüdiger")]
    [InlineData("ISO_IR 101", "Wałęsa^Lech")]
    [InlineData("ISO_IR 144", "Люкceмбypг")]
    [InlineData("ISO_IR 126", "Διονυσιος")]
    [InlineData("ISO_IR 138", "שרון^דבורה")]
    [InlineData("ISO_IR 166", "นามสกุล")]
    [InlineData("ISO_IR 192", "Wang^XiaoDong=王^小东=")]
    [InlineData("GB18030", "Wang^XiaoDong=王^小东=")]
    [InlineData("GBK", "Wang^XiaoDong=王^小东=")]
    [InlineData(@"\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう")]
    [InlineData(@"ISO 2022 IR 13\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")]
    [InlineData(@"\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동")]
    [InlineData(@"ISO 2022 IR 100\ISO 2022 IR 144", "Äneas^Люк")]
    public void Names_survive_being_written_and_read(string charset, string name)
    {
        var dataset = new DicomDataset().NotValidated()
            .Add(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .Add(DicomTag.SOPInstanceUID, "1.2.3")
            .Add(new DicomCodeString(DicomTag.SpecificCharacterSet, charset))
            .Add(DicomTag.PatientName, name)
            .Add(new DicomSequence(DicomTag.ReferencedStudySequence, new DicomDataset().NotValidated().Add(DicomTag.PatientName, name)));
        using var stream = new MemoryStream();
        new DicomFile(dataset).Save(stream);
        stream.Position = 0;
        var read = DicomFile.Open(stream).Dataset;
        Assert.Equal(name.TrimEnd(), read.GetString(DicomTag.PatientName));
        Assert.Equal(name.TrimEnd(), read.GetSequence(DicomTag.ReferencedStudySequence).Items[0].GetString(DicomTag.PatientName));
    }

    [Theory]
    [InlineData("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう")]
    [InlineData("chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")]
    [InlineData("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동")]
    [InlineData("chrX1.dcm", "Wang^XiaoDong=王^小東=")]
    [InlineData("chrX2.dcm", "Wang^XiaoDong=王^小东=")]
    [InlineData("chrFren.dcm", "Buc^Jérôme")]
    [InlineData("chrGerm.dcm", "Äneas^Rüdiger")]
    [InlineData("chrGreek.dcm", "Διονυσιος")]
    [InlineData("chrRuss.dcm", "Люкceмбypг")]
    [InlineData("chrArab.dcm", "قباني^لنزار")]
    [InlineData("chrHbrw.dcm", "שרון^דבורה")]
    public void The_standards_examples_are_read(string file, string name) =>
        Assert.Equal(name, DicomFile.Open(SharedData.Require("dicom-odd", "charset", file)).Dataset.GetString(DicomTag.PatientName));

    [Fact]
    public void An_unknown_character_set_is_read_as_ascii()
    {
        Assert.Equal("us-ascii", DicomEncoding.GetEncoding("NO SUCH SET").WebName);
        Assert.Equal("iso-8859-1", DicomEncoding.GetEncoding("ISO-IR 100").WebName);
        Assert.Equal("us-ascii", DicomEncoding.GetEncoding(null).WebName);
    }
}
