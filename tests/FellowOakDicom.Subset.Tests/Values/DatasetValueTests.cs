using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Tests.Values;

public class DatasetValueTests
{
    [Fact]
    public void Values_come_back_in_the_types_that_are_asked_for()
    {
        var dataset = new DicomDataset()
            .Add(DicomTag.PixelSpacing, 0.5, 0.75)
            .Add(DicomTag.InstanceNumber, 7)
            .Add(DicomTag.Rows, (ushort)512)
            .Add(DicomTag.ImageType, "DERIVED", "PRIMARY")
            .Add(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .Add(DicomTag.RealWorldValueSlope, 1.5)
            .Add(DicomTag.StudyDate, new DateTime(2024, 2, 29))
            .Add(DicomTag.FrameIncrementPointer, DicomTag.FrameTime);
        Assert.Equal([0.5, 0.75], dataset.GetValues<double>(DicomTag.PixelSpacing));
        Assert.Equal([0.5m, 0.75m], dataset.GetValues<decimal>(DicomTag.PixelSpacing));
        Assert.Equal(0.75f, dataset.GetValue<float>(DicomTag.PixelSpacing, 1));
        Assert.Equal(@"0.5\0.75", dataset.GetString(DicomTag.PixelSpacing));
        Assert.Equal(7, dataset.GetSingleValue<int>(DicomTag.InstanceNumber));
        Assert.Equal("7", dataset.GetSingleValue<string>(DicomTag.InstanceNumber));
        Assert.Equal(7.0, dataset.GetSingleValue<double>(DicomTag.InstanceNumber));
        Assert.Equal(512, dataset.GetSingleValue<int>(DicomTag.Rows));
        Assert.Equal("512", dataset.GetString(DicomTag.Rows));
        Assert.Equal("PRIMARY", dataset.GetValue<string>(DicomTag.ImageType, 1));
        Assert.Equal(2, dataset.GetValueCount(DicomTag.ImageType));
        Assert.Equal(DicomUID.CTImageStorage, dataset.GetSingleValue<DicomUID>(DicomTag.SOPClassUID));
        Assert.Equal("1.2.840.10008.5.1.4.1.1.2", dataset.GetString(DicomTag.SOPClassUID));
        Assert.Equal(1.5, dataset.GetSingleValue<double>(DicomTag.RealWorldValueSlope));
        Assert.Equal("20240229", dataset.GetString(DicomTag.StudyDate));
        Assert.Equal(new DateTime(2024, 2, 29), dataset.GetSingleValue<DateTime>(DicomTag.StudyDate));
        Assert.Equal(DicomTag.FrameTime, dataset.GetSingleValue<DicomTag>(DicomTag.FrameIncrementPointer));
        Assert.Equal([0, 2], dataset.GetValues<byte>(DicomTag.Rows));
        Assert.Equal([0, 2], dataset.GetSingleValue<IByteBuffer>(DicomTag.Rows).Data);
    }

    [Fact]
    public void Absent_empty_and_several_values_are_told_apart()
    {
        var dataset = new DicomDataset().Add(DicomTag.PatientID, "").Add(DicomTag.ImageType, "A", "B");
        Assert.True(dataset.Contains(DicomTag.PatientID));
        Assert.Equal("", dataset.GetString(DicomTag.PatientID));
        Assert.Equal(0, dataset.GetValueCount(DicomTag.PatientID));
        Assert.Throws<DicomDataException>(() => dataset.GetSingleValue<string>(DicomTag.PatientID));
        Assert.Throws<DicomDataException>(() => dataset.GetSingleValue<string>(DicomTag.ImageType));
        Assert.Throws<DicomDataException>(() => dataset.GetString(DicomTag.StudyID));
        Assert.Throws<DicomDataException>(() => dataset.GetValue<string>(DicomTag.ImageType, 2));
        Assert.False(dataset.TryGetSingleValue<string>(DicomTag.ImageType, out _));
        Assert.True(dataset.TryGetString(DicomTag.ImageType, out var text));
        Assert.Equal(@"A\B", text);
        Assert.False(dataset.TryGetString(DicomTag.StudyID, out _));
        Assert.Equal("none", dataset.GetSingleValueOrDefault(DicomTag.PatientID, "none"));
        Assert.Equal("B", dataset.GetValueOrDefault(DicomTag.ImageType, 1, "none"));
        Assert.Equal("none", dataset.GetValueOrDefault(DicomTag.ImageType, 2, "none"));
        Assert.True(dataset.TryGetValues<string>(DicomTag.ImageType, out var values));
        Assert.Equal(["A", "B"], values);
    }

    [Fact]
    public void Text_that_is_no_number_is_no_value()
    {
        var dataset = new DicomDataset().NotValidated().Add(new DicomDecimalString(DicomTag.SliceThickness, "thick"), new DicomIntegerString(DicomTag.InstanceNumber, "1.5"));
        Assert.False(dataset.TryGetSingleValue<double>(DicomTag.SliceThickness, out _));
        Assert.False(dataset.TryGetSingleValue<int>(DicomTag.InstanceNumber, out _));
        Assert.Equal(3.0, dataset.GetSingleValueOrDefault(DicomTag.SliceThickness, 3.0));
        Assert.Throws<FormatException>(() => dataset.GetSingleValue<double>(DicomTag.SliceThickness));
    }

    [Fact]
    public void Adding_twice_is_refused_and_updating_replaces()
    {
        var dataset = new DicomDataset().Add(DicomTag.PatientID, "1");
        Assert.Throws<ArgumentException>(() => dataset.Add(DicomTag.PatientID, "2"));
        Assert.Equal("2", dataset.AddOrUpdate(DicomTag.PatientID, "2").GetString(DicomTag.PatientID));
        Assert.False(dataset.Remove(DicomTag.PatientID).Contains(DicomTag.PatientID));
    }

    [Fact]
    public void Attributes_are_in_the_order_of_their_tags()
    {
        var dataset = new DicomDataset().Add(DicomTag.PixelSpacing, 1m, 1m).Add(DicomTag.PatientID, "1").Add(DicomTag.SOPInstanceUID, "1.2");
        Assert.Equal([DicomTag.SOPInstanceUID, DicomTag.PatientID, DicomTag.PixelSpacing], dataset.Select(item => item.Tag));
    }

    [Fact]
    public void A_clone_has_sequences_of_its_own()
    {
        var original = new DicomDataset().Add(new DicomSequence(DicomTag.ReferencedSeriesSequence, new DicomDataset().Add(DicomTag.SeriesInstanceUID, "1.2")));
        var clone = original.Clone();
        clone.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].AddOrUpdate(DicomTag.SeriesInstanceUID, "1.3");
        Assert.Equal("1.2", original.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].GetString(DicomTag.SeriesInstanceUID));
        Assert.True(original.TryGetSequence(DicomTag.ReferencedSeriesSequence, out var sequence));
        Assert.Single(sequence);
        Assert.False(original.TryGetSequence(DicomTag.PatientID, out _));
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(-1234.5, "-1234.5")]
    [InlineData(0.333333333333333333, "0.3333333333")]
    [InlineData(1e-7, "0.0000001")]
    [InlineData(123456789.123456789, "123456789.123457")]
    [InlineData(1234567890.123456789, "1234567890.12346")]
    public void Decimal_strings_are_exact_where_sixteen_characters_allow(double value, string text)
    {
        var written = new DicomDataset().NotValidated().Add(DicomTag.SliceThickness, value).GetString(DicomTag.SliceThickness);
        Assert.Equal(text, written);
    }

    [Fact]
    public void A_value_of_a_type_that_the_representation_cannot_hold_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => new DicomDataset().Add(DicomTag.Rows, 1.5));
        Assert.Throws<InvalidOperationException>(() => new DicomDataset().Add(DicomTag.PatientID, 5));
        Assert.Throws<DicomDataException>(() => new DicomDataset().Add(new DicomTag(0x0008, 0xfff0), "?"));
    }

    [Fact]
    public void Private_attributes_are_found_in_their_creators_block()
    {
        var tag = new DicomTag(0x0011, 0x05, "CREATOR");
        var dataset = new DicomDataset().Add(new DicomLongString(new DicomTag(0x0011, 0x10), "OTHER")).Add(DicomVR.DS, tag, "1.5");
        Assert.Equal("CREATOR", dataset.GetString(new DicomTag(0x0011, 0x11)));
        Assert.Equal(1.5, dataset.GetSingleValue<double>(tag));
        Assert.Equal("1.5", dataset.GetString(new DicomTag(0x0011, 0x1105, "CREATOR")));
        Assert.True(dataset.Contains(tag));
        Assert.False(dataset.Contains(new DicomTag(0x0011, 0x05, "NOBODY")));
    }
}
