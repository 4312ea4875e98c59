using System.Numerics;

namespace FellowOakDicom.Tests.Values;

public class IdentifierTests
{
    [Fact]
    public void Tags_are_written_and_read()
    {
        var tag = DicomTag.PatientName;
        Assert.Equal("(0010,0010)", tag.ToString());
        Assert.Equal("00100010", tag.ToString("J", null));
        Assert.Equal("0010,0010", tag.ToString("g", null));
        Assert.All(["(0010,0010)", "0010,0010", "00100010"], text => Assert.Equal(tag, DicomTag.Parse(text)));
        Assert.Equal("(0011,1005:ME)", new DicomTag(0x0011, 0x1005, "ME").ToString());
        Assert.Equal(new DicomTag(0x0011, 0x1005, "ME"), DicomTag.Parse("(0011,1005:ME)"));
        Assert.Equal(0x00100010u, (uint)tag);
        Assert.Equal(tag, (DicomTag)0x00100010u);
        Assert.True(tag.CompareTo(DicomTag.PatientID) < 0);
        Assert.Throws<DicomDataException>(() => DicomTag.Parse("patient"));
    }

    [Fact]
    public void Private_tags_of_one_creator_are_equal_in_any_block()
    {
        Assert.Equal(new DicomTag(0x0011, 0x1005, "ME"), new DicomTag(0x0011, 0x1205, "ME"));
        Assert.NotEqual(new DicomTag(0x0011, 0x1005, "ME"), new DicomTag(0x0011, 0x1005, "YOU"));
        Assert.NotEqual(new DicomTag(0x0011, 0x1005), new DicomTag(0x0011, 0x1205));
    }

    [Theory]
    [InlineData("PatientName", "PN", 1, 1)]
    [InlineData("PixelData", "OB", 1, 1)]
    [InlineData("ImagePositionPatient", "DS", 3, 3)]
    [InlineData("ImageType", "CS", 2, int.MaxValue)]
    [InlineData("SmallestImagePixelValue", "US", 1, 1)]
    [InlineData("PerFrameFunctionalGroupsSequence", "SQ", 1, 1)]
    public void The_dictionary_knows_keywords_representations_and_multiplicities(string keyword, string vr, int minimum, int maximum)
    {
        var entry = DicomDictionary.Default[DicomDictionary.Default[keyword]];
        Assert.Equal(keyword, entry.Keyword);
        Assert.Equal(vr, entry.ValueRepresentations[0].Code);
        Assert.Equal((minimum, maximum), (entry.ValueMultiplicity.Minimum, entry.ValueMultiplicity.Maximum));
    }

    [Fact]
    public void The_dictionary_knows_repeating_groups_and_what_it_does_not_know()
    {
        Assert.Equal("OverlayRows", new DicomTag(0x6002, 0x0010).DictionaryEntry.Keyword);
        Assert.Equal("UL", new DicomTag(0x0008, 0x0000).DictionaryEntry.ValueRepresentations[0].Code);
        Assert.Equal("LO", new DicomTag(0x0011, 0x0010).DictionaryEntry.ValueRepresentations[0].Code);
        Assert.Same(DicomDictionary.UnknownTag, new DicomTag(0x0008, 0xfff0).DictionaryEntry);
        Assert.Null(DicomDictionary.Default["NoSuchKeyword"]);
        Assert.True(DicomTag.RecognitionCodeRETIRED.DictionaryEntry.IsRetired);
    }

    [Fact]
    public void Uids_know_their_names()
    {
        Assert.Equal("CT Image Storage", DicomUID.Parse("1.2.840.10008.5.1.4.1.1.2").Name);
        Assert.Equal(DicomUidType.SOPClass, DicomUID.SegmentationStorage.Type);
        Assert.Equal(DicomUidType.Unknown, DicomUID.Parse("1.2.3").Type);
        Assert.True(DicomUID.Parse("1.2.3\0") == new DicomUID("1.2.3", "any name", DicomUidType.SOPInstance));
        Assert.Equal("1.2.3.4", DicomUID.Append(DicomUID.Parse("1.2.3"), 4).UID);
    }

    [Fact]
    public void Generated_uids_are_valid_and_never_the_same()
    {
        var uids = Enumerable.Range(0, 100).Select(_ => DicomUIDGenerator.GenerateDerivedFromUUID().UID).ToArray();
        Assert.Equal(uids, uids.Distinct());
        Assert.All(uids, uid => Assert.True(uid.StartsWith("2.25.", StringComparison.Ordinal) && DicomUID.IsValidUid(uid) && BigInteger.Parse(uid[5..], null) >> 128 == 0));
        var generator = new DicomUIDGenerator();
        Assert.Equal(generator.Generate(DicomUID.Verification), generator.Generate(DicomUID.Verification));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2", false, false, false)]
    [InlineData("1.2.840.10008.1.2.1", true, false, false)]
    [InlineData("1.2.840.10008.1.2.1.99", true, false, false)]
    [InlineData("1.2.840.10008.1.2.2", true, false, false)]
    [InlineData("1.2.840.10008.1.2.4.50", true, true, true)]
    [InlineData("1.2.840.10008.1.2.4.55", true, true, true)]
    [InlineData("1.2.840.10008.1.2.4.70", true, true, false)]
    [InlineData("1.2.840.10008.1.2.4.90", true, true, false)]
    [InlineData("1.2.840.10008.1.2.4.102", true, true, true)]
    [InlineData("1.2.840.10008.1.2.4.203", true, true, true)]
    [InlineData("1.2.840.10008.1.2.5", true, true, false)]
    [InlineData("1.2.840.10008.1.2.8.1", true, true, false)]
    public void Transfer_syntaxes_know_their_encoding(string uid, bool isExplicit, bool isEncapsulated, bool isLossy)
    {
        var syntax = DicomTransferSyntax.Parse(uid);
        Assert.Equal((isExplicit, isEncapsulated, isLossy), (syntax.IsExplicitVR, syntax.IsEncapsulated, syntax.IsLossy));
        Assert.Equal(uid, syntax.UID.UID);
    }

    [Fact]
    public void A_sop_class_is_no_transfer_syntax()
    {
        Assert.Throws<DicomDataException>(() => DicomTransferSyntax.Parse(DicomUID.CTImageStorage.UID));
        Assert.Throws<DicomDataException>(() => DicomTransferSyntax.Lookup(DicomUID.Parse("1.2.3")));
        Assert.True(DicomTransferSyntax.Parse("1.2.840.10008.1.2.5 ") == DicomTransferSyntax.RLELossless);
    }
}
