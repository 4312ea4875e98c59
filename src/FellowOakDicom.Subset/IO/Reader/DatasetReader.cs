#nullable enable

using System.Buffers.Binary;
using System.Text;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.IO.Reader;

/// <summary>
/// Reads a dataset of PS3.5 section 7, tolerant where files of the field are wrong: unknown representations, sequences under UN or
/// written with the other kind of representations, missing delimiters, a file that ends too early.
/// </summary>
internal sealed class DatasetReader(ByteSource source, LargeValues large, Func<ParseState, bool>? stop)
{
    private const uint UndefinedLength = uint.MaxValue;
    private const uint Item = 0xfffee000;
    private const uint ItemDelimitation = 0xfffee00d;
    private const uint SequenceDelimitation = 0xfffee0dd;

    private readonly Dictionary<uint, DicomPrivateCreator> _privateCreators = [];
    private DicomTag? _previousTag;
    private int _depth;
    private int _items;

    /// <summary>Why reading of a dataset or a sequence ended.</summary>
    public enum End
    {
        /// <summary>All of it was read.</summary>
        Complete,
        ItemDelimiter,
        SequenceDelimiter,

        /// <summary>The caller's condition was met; the tag that met it is still to come.</summary>
        Stopped,

        /// <summary>The bytes ended within it.</summary>
        Truncated,
    }

    /// <exception cref="DicomException">What follows is no dataset, or one beyond <see cref="ReadLimits"/>.</exception>
    public End Read(DicomDataset dataset, bool isExplicit, Encoding fallbackEncoding)
    {
        try
        {
            var end = ReadDataset(dataset, isExplicit, [fallbackEncoding], long.MaxValue);
            if (end == End.ItemDelimiter || (end == End.SequenceDelimiter && !source.IsAtEnd))
                throw new DicomReaderException("Failed to parse: a delimiter stands where no sequence is open - probably not a valid DICOM file");
            return end == End.SequenceDelimiter ? End.Complete : end;
        }
        catch (EndOfStreamException)
        {
            return End.Truncated;
        }
    }

    private End ReadDataset(DicomDataset dataset, bool isExplicit, Encoding[] encodings, long limit)
    {
        while (source.Position < limit && !source.IsAtEnd)
        {
            if (!source.Has(4))
                return End.Truncated;
            var number = PeekTag();
            var tag = MakeTag(number);
            if (stop is not null && stop(new ParseState { PreviousTag = _previousTag, Tag = tag, SequenceDepth = _depth }))
                return End.Stopped;
            _previousTag = tag;
            if (number is Item or ItemDelimitation or SequenceDelimitation && !source.Has(8))
                return End.Truncated;
            if (number is ItemDelimitation or SequenceDelimitation)
            {
                source.Skip(8);
                return number == ItemDelimitation ? End.ItemDelimiter : End.SequenceDelimiter;
            }

            CountItem();
            var end = number == Item
                ? ReadOrphanItems(dataset, tag, isExplicit, encodings, limit)
                : ReadItem(dataset, tag, isExplicit, ref encodings, limit);
            if (end is End.Stopped or End.Truncated)
                return end;
        }

        return End.Complete;
    }

    private End ReadItem(DicomDataset dataset, DicomTag tag, bool isExplicit, ref Encoding[] encodings, long limit)
    {
        source.Skip(4);
        if (!TryReadHeader(tag, isExplicit, out var header))
            return End.Truncated;
        var isSequence = ReferenceEquals(header.VR, DicomVR.SQ);
        if (isSequence && tag.IsPrivate && header.Length > 0 && !BeginsWithItem())
        {
            header = header with { VR = DicomVR.UN };
            isSequence = false;
        }

        if (isSequence)
        {
            var start = source.Position;
            var end = ReadSequence(dataset, tag, header, isExplicit, encodings, limit);
            if (source.Position > start || header.Length == 0)
                return end;
            if (!header.IsWrittenUnknown)
                throw new DicomReaderException($"The sequence {tag} does not begin with an item.");
            header = header with { VR = DicomVR.UN };
        }

        if (header.Length == UndefinedLength)
            return ReadFragments(dataset, tag, header.VR);
        if (!source.Has(header.Length))
            return End.Truncated;
        if (large.AreSkipped(header.Length))
        {
            source.Skip(header.Length);
            return End.Complete;
        }

        var element = ItemFactory.FromBuffer(header.VR, tag, TakeValue(header.VR, header.Length), encodings);
        dataset.Put(element);
        if (tag.Number == DicomTag.SpecificCharacterSet.Number && element is DicomMultiStringElement { Count: > 0 } charsets)
            encodings = DicomEncoding.GetEncodings(charsets.Get<string[]>());
        if (tag.IsPrivate && tag.Element is >= 0x10 and <= 0xff)
            _privateCreators[tag.Number] = DicomDictionary.Default.GetPrivateCreator(DicomEncoding.Default.GetString(element.Buffer.Data).TrimEnd(' '));
        return End.Complete;
    }

    private End ReadSequence(DicomDataset dataset, DicomTag tag, ElementHeader header, bool isExplicit, Encoding[] encodings, long limit)
    {
        var sequence = new DicomSequence(tag);
        dataset.Put(sequence);
        if (header.Length != UndefinedLength)
            limit = source.Position + header.Length;
        if (tag.IsPrivate && header.Length > 0 && IsWrittenOtherwise(header.Length, isExplicit))
            isExplicit = true;

        // A sequence of unknown representation is little endian whatever surrounds it (PS3.5 section 6.2.2, note 2 to UN).
        var wasBigEndian = source.IsBigEndian;
        if (header.IsWrittenUnknown && !tag.IsPrivate)
            source.IsBigEndian = false;
        var end = ReadItems(sequence, isExplicit, encodings, limit);
        source.IsBigEndian = wasBigEndian;
        return end;
    }

    /// <summary>Items that stand where an element is due are kept as a sequence under their own tag.</summary>
    private End ReadOrphanItems(DicomDataset dataset, DicomTag tag, bool isExplicit, Encoding[] encodings, long limit)
    {
        var length = source.PeekUInt32(4);
        var sequence = new DicomSequence(tag);
        dataset.Put(sequence);
        return ReadItems(sequence, isExplicit, encodings, length == UndefinedLength ? limit : source.Position + 8 + length);
    }

    private End ReadItems(DicomSequence sequence, bool isExplicit, Encoding[] encodings, long limit)
    {
        if (++_depth > ReadLimits.SequenceDepth)
            throw new DicomReaderException($"Sequences are nested more than {ReadLimits.SequenceDepth} deep.");
        while (source.Position < limit && !source.IsAtEnd)
        {
            if (!source.Has(8))
                return End.Truncated;
            var number = PeekTag();
            if (number is not (Item or SequenceDelimitation))
                break;
            var length = source.PeekUInt32(4);
            source.Skip(8);
            if (number == SequenceDelimitation)
                break;
            if (length != UndefinedLength && !source.Has(length))
                return End.Truncated;
            CountItem();
            var item = new DicomDataset { ValidateItems = false, FallbackEncodings = encodings };
            sequence.Items.Add(item);
            var end = ReadDataset(item, isExplicit, encodings, length == UndefinedLength ? limit : source.Position + length);
            if (end is End.Stopped or End.Truncated)
                return end;
            if (end == End.SequenceDelimiter)
                break;
        }

        _depth--;
        return End.Complete;
    }

    private End ReadFragments(DicomDataset dataset, DicomTag tag, DicomVR vr)
    {
        DicomFragmentSequence fragments = vr.Code switch
        {
            "OB" => new DicomOtherByteFragment(tag),
            "OW" => new DicomOtherWordFragment(tag),
            _ => throw new DicomReaderException($"{tag} has an undefined length, which its representation {vr} does not allow."),
        };
        var isFirst = true;
        var isSkipped = false;
        while (!source.IsAtEnd)
        {
            if (!source.Has(8))
                return End.Truncated;
            var number = PeekTag();
            var length = source.PeekUInt32(4);
            if (number is not (Item or SequenceDelimitation))
                throw new DicomReaderException($"Unexpected tag in DICOM fragment sequence: {new DicomTag((ushort)(number >> 16), (ushort)number)}");
            source.Skip(8);
            if (number == SequenceDelimitation)
            {
                if (!isSkipped)
                    dataset.Put(fragments);
                return End.Complete;
            }

            CountItem();
            if (!source.Has(length))
                return End.Truncated;
            isSkipped |= large.AreSkipped(length);
            if (isSkipped)
                source.Skip(length);
            else if (isFirst)
                ReadOffsetTable(fragments, length);
            else
                fragments.Fragments.Add(TakeValue(vr, length));
            isFirst = false;
        }

        // The last delimiter may be missing where the file ends.
        if (!isSkipped)
            dataset.Put(fragments);
        return End.Complete;
    }

    private void ReadOffsetTable(DicomFragmentSequence fragments, uint length)
    {
        var table = source.TakeBuffer(length, lazily: false).Data.AsSpan();
        for (var rest = table; rest.Length >= 4; rest = rest[4..])
            fragments.OffsetTable.Add(source.IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(rest) : BinaryPrimitives.ReadUInt32LittleEndian(rest));
    }

    private IByteBuffer TakeValue(DicomVR vr, uint length)
    {
        var value = source.TakeBuffer(length, large.StayInFile(length));
        return source.IsBigEndian && !vr.IsString ? SwappedByteBuffer.Create(value, vr.SwapSize) : value;
    }

    private uint PeekTag() => ((uint)source.PeekUInt16(0) << 16) | source.PeekUInt16(2);

    private DicomTag MakeTag(uint number)
    {
        var (group, element) = ((ushort)(number >> 16), (ushort)number);
        return (group & 1) == 1 && element >= 0x1000 && _privateCreators.TryGetValue((number & 0xffff0000) | (uint)(element >> 8), out var creator)
            ? new DicomTag(group, element, creator)
            : DicomDictionary.Default.Intern(group, element);
    }

    private bool BeginsWithItem() => source.Has(4) && PeekTag() is Item or SequenceDelimitation;

    /// <summary>Whether the first element within a private sequence has an explicit representation where the dataset has none, or the reverse.</summary>
    private bool IsWrittenOtherwise(uint length, bool isExplicit)
    {
        var ahead = source.Peek((int)Math.Min(length, 4096));
        for (; ahead.Length >= 8; ahead = ahead[8..])
        {
            var isItem = source.IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(ahead) == Item : BinaryPrimitives.ReadUInt32LittleEndian(ahead) == 0xe000fffe;
            if (!isItem)
                return (DicomVR.FromBytes(ahead[4], ahead[5]) is not null) != isExplicit;
            if (ahead.Length >= 14 && ahead[4..8].IndexOfAnyExcept((byte)0) >= 0)
                return (DicomVR.FromBytes(ahead[12], ahead[13]) is not null) != isExplicit;
        }

        return false;
    }

    private void CountItem()
    {
        if (++_items > ReadLimits.Items)
            throw new DicomReaderException($"The dataset has more than {ReadLimits.Items} elements and items.");
    }

    private bool TryReadHeader(DicomTag tag, bool isExplicit, out ElementHeader header) => ElementHeader.TryRead(source, tag, isExplicit, out header);
}
