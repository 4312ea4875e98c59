using System.Text.Json;
using FellowOakDicom.IO.Buffer;
using FellowOakDicom.Serialization;

namespace FellowOakDicom.Tests.Serialization;

public class JsonTests
{
    [Fact]
    public void Datasets_are_written_as_the_standard_says()
    {
        var dataset = new DicomDataset()
            .Add(DicomTag.OtherPatientNames, "Doe^Jane=D", "^=x=y")
            .Add(DicomTag.PixelSpacing, "0.50", "1e-3")
            .Add(DicomTag.InstanceNumber, 3)
            .Add(DicomTag.Rows, (ushort)512)
            .Add(DicomTag.ImageType, "A", "", "B")
            .Add(DicomTag.PatientID, "")
            .Add(DicomTag.FrameIncrementPointer, DicomTag.FrameTime)
            .Add(DicomTag.RealWorldValueSlope, double.NaN)
            .Add(new DicomSequence(DicomTag.ReferencedSeriesSequence, new DicomDataset().Add(DicomTag.SeriesInstanceUID, "1.2")))
            .Add(new DicomOtherByte(DicomTag.EncapsulatedDocument, 1, 2, 3, 4));
        const string Expected = """
            {"00080008":{"vr":"CS","Value":["A",null,"B"]},"00081115":{"vr":"SQ","Value":[{"0020000E":{"vr":"UI","Value":["1.2"]}}]},
            "00100020":{"vr":"LO"},
            "00101001":{"vr":"PN","Value":[{"Alphabetic":"Doe^Jane","Ideographic":"D"},{"Alphabetic":"^","Ideographic":"x","Phonetic":"y"}]},"00200013":{"vr":"IS","Value":[3]},"00280009":{"vr":"AT","Value":["00181063"]},"00280010":{"vr":"US","Value":[512]},
            "00280030":{"vr":"DS","Value":[0.50,0.001]},"00409225":{"vr":"FD","Value":["NaN"]},"00420011":{"vr":"OB","InlineBinary":"AQIDBA=="}}
            """;
        Assert.Equal(Expected.ReplaceLineEndings(""), DicomJson.ConvertDicomToJson(dataset));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var files = Directory.EnumerateFiles(SharedData.Require("dicom-odd", "charset"), "*.dcm").Append(SharedData.Require("dicom-odd", "pydicom", "rtplan.dcm"));
        foreach (var file in files)
        {
            var json = DicomJson.ConvertDicomToJson(DicomFile.Open(file).Dataset, numberSerializationMode: NumberSerializationMode.PreferablyAsNumber);
            Assert.Equal(json, DicomJson.ConvertDicomToJson(DicomJson.ConvertJsonToDicom(json, autoValidate: false), numberSerializationMode: NumberSerializationMode.PreferablyAsNumber));
        }
    }

    [Fact]
    public void Keywords_indents_and_arrays_are_written_on_request()
    {
        var dataset = new DicomDataset().Add(DicomTag.PatientID, "1");
        Assert.Equal("""{"PatientID":{"vr":"LO","Value":["1"]}}""", DicomJson.ConvertDicomToJson(dataset, writeTagsAsKeywords: true));
        Assert.Contains("\n", DicomJson.ConvertDicomToJson(dataset, formatIndented: true), StringComparison.Ordinal);
        Assert.Equal("""[{"00100020":{"vr":"LO","Value":["1"]}},{}]""", DicomJson.ConvertDicomToJson([dataset, new DicomDataset()]));
        Assert.Equal(2, DicomJson.ConvertJsonToDicomArray("""[{"PatientID":{"vr":"LO","Value":["1"]}},{}]""").Length);
    }

    [Fact]
    public void Text_that_is_no_number_is_written_as_text_only_on_request()
    {
        var dataset = new DicomDataset().NotValidated().Add(new DicomDecimalString(DicomTag.SliceThickness, "thick"));
        Assert.Throws<FormatException>(() => DicomJson.ConvertDicomToJson(dataset));
        Assert.Equal("""{"00180050":{"vr":"DS","Value":["thick"]}}""", DicomJson.ConvertDicomToJson(dataset, numberSerializationMode: NumberSerializationMode.PreferablyAsNumber));
        Assert.Equal("""{"00200013":{"vr":"IS","Value":["3"]}}""", DicomJson.ConvertDicomToJson(new DicomDataset().Add(DicomTag.InstanceNumber, 3), numberSerializationMode: NumberSerializationMode.AsString));
    }

    [Fact]
    public void Values_are_read_in_every_form()
    {
        var dataset = DicomJson.ConvertJsonToDicom("""
            {"00280030":{"vr":"DS","Value":["0.5",1.25]},"00100020":{"Value":["ID"],"vr":"LO"},"OtherPatientNames":{"vr":"PN","Value":[{"Alphabetic":"A^B","Phonetic":"C"},null]},
            "7FE00010":{"vr":"OW","BulkDataURI":"http://archive/frames"},"00420011":{"vr":"OB","InlineBinary":["AQI="]},"00080060":{"vr":"CS","Value":null},"00280010":{"vr":"US"},
            "00110010":{"vr":"LO","Value":["ME"]},"00111005":{"vr":"UN","InlineBinary":"AQI="}}
            """);
        Assert.Equal([0.5, 1.25], dataset.GetValues<double>(DicomTag.PixelSpacing));
        Assert.Equal("ID", dataset.GetString(DicomTag.PatientID));
        Assert.Equal("A^B==C", dataset.GetValue<string>(DicomTag.OtherPatientNames, 0));
        Assert.Equal("http://archive/frames", Assert.IsType<IBulkDataUriByteBuffer>(dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer, exactMatch: false).BulkDataUri);
        Assert.Equal([1, 2], dataset.GetDicomItem<DicomElement>(DicomTag.EncapsulatedDocument).Buffer.Data);
        Assert.Equal(0, dataset.GetValueCount(DicomTag.Modality));
        Assert.Equal(0, dataset.GetValueCount(DicomTag.Rows));
        Assert.Equal("ME", dataset.GetDicomItem<DicomElement>(new DicomTag(0x0011, 0x1005, "ME"))?.Tag.PrivateCreator.Creator);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"00100020":{"Value":["no vr"]}}""")]
    [InlineData("""{"00280010":{"vr":"US","Value":["many"]}}""")]
    [InlineData("""{"00280010":{"vr":"US","Value":[{}]}}""")]
    [InlineData("""{"00081115":{"vr":"SQ","Value":[1]}}""")]
    [InlineData("""{"00420011":{"vr":"OB","InlineBinary":5}}""")]
    [InlineData("{\"00100020\":")]
    public void What_is_not_the_model_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => DicomJson.ConvertJsonToDicom(json));

    [Fact]
    public void Values_are_validated_unless_asked_otherwise()
    {
        const string Json = """{"00080060":{"vr":"CS","Value":["ct"]}}""";
        Assert.Throws<DicomValidationException>(() => DicomJson.ConvertJsonToDicom(Json));
        Assert.Equal("ct", DicomJson.ConvertJsonToDicom(Json, autoValidate: false).GetString(DicomTag.Modality));
    }
}
