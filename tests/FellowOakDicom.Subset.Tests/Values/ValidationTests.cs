namespace FellowOakDicom.Tests.Values;

public class ValidationTests
{
    [Theory]
    [InlineData("AE", "STORE_SCP", true)]
    [InlineData("AE", "SEVENTEEN LETTERS", false)]
    [InlineData("AE", "   ", false)]
    [InlineData("AS", "045Y", true)]
    [InlineData("AS", "45Y", false)]
    [InlineData("CS", "ORIGINAL_1 2", true)]
    [InlineData("CS", "original", false)]
    [InlineData("CS", "ABCDEFGHIJKLMNOPQ", false)]
    [InlineData("DA", "20240229", true)]
    [InlineData("DA", "20240101-20241231", true)]
    [InlineData("DA", "-20241231", true)]
    [InlineData("DA", "20241301", false)]
    [InlineData("DA", "2024-01-01", false)]
    [InlineData("DS", "-1.5E+3", true)]
    [InlineData("DS", " 1.5 ", true)]
    [InlineData("DS", "1,5", false)]
    [InlineData("DS", "12345678901234567", false)]
    [InlineData("DT", "2024", true)]
    [InlineData("DT", "20240229123000.123456+0100", true)]
    [InlineData("DT", "20240229123000-0500", true)]
    [InlineData("DT", "20240229-20240301", true)]
    [InlineData("DT", "20240229-", true)]
    [InlineData("DT", "-20240229", true)]
    [InlineData("DT", "20240229+0100-20240301-0500", true)]
    [InlineData("DT", "202402291", false)]
    [InlineData("DT", "20241301", false)]
    [InlineData("DT", "20240100", false)]
    [InlineData("DT", "2024022924", false)]
    [InlineData("DT", "20240229-0000", false)]
    [InlineData("DT", "20240229+1500", false)]
    [InlineData("DT", "yesterday", false)]
    [InlineData("DT", "-", false)]
    [InlineData("IS", "+42", true)]
    [InlineData("IS", "4.2", false)]
    [InlineData("IS", "3000000000", false)]
    [InlineData("LO", "some text", true)]
    [InlineData("LO", "two\nlines", false)]
    [InlineData("PN", "Doe^Jane^^Dr^MD=a=b", true)]
    [InlineData("PN", "a=b=c=d", false)]
    [InlineData("PN", "a^b^c^d^e^f", false)]
    [InlineData("SH", "sixteen letters.", true)]
    [InlineData("SH", "seventeen letters", false)]
    [InlineData("TM", "123059.123456", true)]
    [InlineData("TM", "12", true)]
    [InlineData("TM", "2400", false)]
    [InlineData("TM", "12:30", false)]
    [InlineData("UI", "1.2.840.0", true)]
    [InlineData("UI", "1.02", false)]
    [InlineData("UI", "1..2", false)]
    [InlineData("UI", "1.2.", false)]
    [InlineData("UI", "a.b", false)]
    public void Text_is_valid_as_its_representation_says(string vr, string text, bool isValid)
    {
        var fault = Record.Exception(() => DicomVR.Parse(vr).ValidateString(text));
        Assert.Equal(isValid ? null : typeof(DicomValidationException), fault?.GetType());
    }

    [Fact]
    public void Values_are_validated_when_added_unless_asked_otherwise()
    {
        Assert.Throws<DicomValidationException>(() => new DicomDataset().Add(DicomTag.Modality, "ct"));
        Assert.Throws<DicomValidationException>(() => new DicomDataset().Add(DicomTag.SOPInstanceUID, "1.2", "1.3"));
        var dataset = new DicomDataset().NotValidated().Add(DicomTag.Modality, "ct");
        Assert.Throws<DicomValidationException>(dataset.Validate);
        Assert.Throws<DicomValidationException>(() => dataset.Validated().AddOrUpdate(DicomTag.PatientSex, "female"));
    }

    [Fact]
    public void A_file_is_opened_without_validation_and_edited_with_it()
    {
        var dataset = RawFile.WithMetaInfo().Text(0x00080060, "CS", "ct").Open().Dataset;
        Assert.Equal("ct", dataset.GetString(DicomTag.Modality));
        Assert.Throws<DicomValidationException>(() => dataset.AddOrUpdate(DicomTag.Modality, "mr"));
    }

    [Theory]
    [InlineData("1.2.3", true)]
    [InlineData("", true)]
    [InlineData("1.2.x", false)]
    public void Uids_are_checked(string uid, bool isValid) => Assert.Equal(isValid, DicomUID.IsValidUid(uid));
}
