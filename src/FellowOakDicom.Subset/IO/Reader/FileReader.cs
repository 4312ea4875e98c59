#nullable enable

using System.Text;

namespace FellowOakDicom.IO.Reader;

/// <summary>Finds out what kind of file this is, reads group 0002 as it is written there, and the dataset as group 0002 says.</summary>
internal sealed class FileReader(ByteSource source, LargeValues large, Func<ParseState, bool>? stop)
{
    private static readonly DicomTag LastOfMetaInfo = new(0x0002, 0xffff);

    /// <summary>What was found besides the attributes.</summary>
    public readonly record struct Outcome(DicomFileFormat Format, DicomTransferSyntax Syntax, bool IsPartial);

    public Outcome Read(DicomFile file, Encoding fallbackEncoding)
    {
        if (!source.Has(132))
            throw new DicomReaderException("Not a valid DICOM file: it is shorter than a preamble.");
        var format = DicomFileFormat.Unknown;
        if (source.Peek(132)[128..].SequenceEqual("DICM"u8))
        {
            source.Skip(132);
            format = DicomFileFormat.DICOM3;
        }

        var syntax = GuessSyntax();
        if (format == DicomFileFormat.Unknown)
            format = source.PeekUInt16(0) == 2 ? DicomFileFormat.DICOM3NoPreamble : DicomFileFormat.DICOM3NoFileMetaInfo;
        return format == DicomFileFormat.DICOM3NoFileMetaInfo
            ? ReadWithoutMetaInfo(file, syntax, fallbackEncoding)
            : ReadWithMetaInfo(file, format, syntax, fallbackEncoding);
    }

    private Outcome ReadWithMetaInfo(DicomFile file, DicomFileFormat format, DicomTransferSyntax syntax, Encoding fallbackEncoding)
    {
        var metaInfo = new DatasetReader(source, large, IsBeyondMetaInfo).Read(file.FileMetaInfo, syntax.IsExplicitVR, DicomEncoding.Default);
        if (metaInfo != DatasetReader.End.Stopped)
            throw new DicomReaderException("DICOM File Meta Info ended prematurely");
        if (file.FileMetaInfo.TryGetString(DicomTag.TransferSyntaxUID, out var uid))
            syntax = DicomTransferSyntax.Parse(uid);
        source.IsBigEndian = syntax.Endian == Endian.Big;
        using var inflated = syntax.IsDeflate ? source.Inflate() : null;
        var dataset = new DatasetReader(inflated is null ? source : new ByteSource(inflated), large, stop);
        var end = dataset.Read(file.Dataset, syntax.IsExplicitVR, fallbackEncoding);
        return new Outcome(format, syntax, end != DatasetReader.End.Complete);
    }

    private Outcome ReadWithoutMetaInfo(DicomFile file, DicomTransferSyntax syntax, Encoding fallbackEncoding)
    {
        var end = new DatasetReader(source, large, stop).Read(file.Dataset, syntax.IsExplicitVR, fallbackEncoding);
        if (file.Dataset.TryGetString(DicomTag.TransferSyntaxUID, out var uid))
            syntax = DicomTransferSyntax.Parse(uid);
        file.Dataset.TryGetString(DicomTag.RecognitionCodeRETIRED, out var code);
        var format = code switch
        {
            "ACR-NEMA 1.0" => DicomFileFormat.ACRNEMA1,
            "ACR-NEMA 2.0" => DicomFileFormat.ACRNEMA2,
            _ => DicomFileFormat.DICOM3NoFileMetaInfo,
        };
        return new Outcome(format, syntax, end != DatasetReader.End.Complete);
    }

    /// <summary>From the first tag: its group is a small number in one byte order only, and its representation is there or is not.</summary>
    private DicomTransferSyntax GuessSyntax()
    {
        if (source.PeekUInt16(0) > 0xff)
            source.IsBigEndian = true;
        if (source.PeekUInt16(0) > 0xff)
            throw new DicomReaderException("Attempted to read invalid DICOM file");
        var tag = new DicomTag(source.PeekUInt16(0), source.PeekUInt16(2));
        var representation = source.Peek(6)[4..];
        var isExplicit = ReferenceEquals(DicomVR.FromBytes(representation[0], representation[1]), tag.DictionaryEntry.ValueRepresentations[0]);
        return (isExplicit, source.IsBigEndian) switch
        {
            (true, false) => DicomTransferSyntax.ExplicitVRLittleEndian,
            (true, true) => DicomTransferSyntax.ExplicitVRBigEndian,
            (false, false) => DicomTransferSyntax.ImplicitVRLittleEndian,
            (false, true) => DicomTransferSyntax.ImplicitVRBigEndian,
        };
    }

    private static bool IsBeyondMetaInfo(ParseState state) =>
        state.Tag.CompareTo(LastOfMetaInfo) >= 0 || (state.PreviousTag?.Group == 2 && state.PreviousTag.CompareTo(state.Tag) >= 0);
}
