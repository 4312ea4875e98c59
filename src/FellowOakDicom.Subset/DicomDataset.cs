using System.Collections;
using System.Text;

namespace FellowOakDicom;

/// <summary>
/// Attributes in the order of their tags. Values that are added are validated unless <see cref="DicomDatasetExtensions.NotValidated"/> was asked for.
/// Not safe for writers on several threads; readers may share it.
/// </summary>
public partial class DicomDataset : IEnumerable<DicomItem>
{
    private readonly SortedDictionary<DicomTag, DicomItem> _items = [];
    private DicomTransferSyntax _syntax;

    public DicomDataset()
        : this(DicomTransferSyntax.ExplicitVRLittleEndian)
    {
    }

    public DicomDataset(DicomTransferSyntax internalTransferSyntax) => _syntax = internalTransferSyntax;

    public DicomDataset(params DicomItem[] items)
        : this((IEnumerable<DicomItem>)items)
    {
    }

    public DicomDataset(IEnumerable<DicomItem> items)
        : this(items, validate: true)
    {
    }

    internal DicomDataset(IEnumerable<DicomItem> items, bool validate)
        : this()
    {
        ValidateItems = validate;
        foreach (var item in (items ?? []).Where(item => item is not null))
        {
            var tag = GetPrivateTag(item.Tag);
            if (validate && item is not DicomSequence)
                item.Validate();
            _items[tag] = item is DicomSequence sequence ? Copy(sequence, tag, validate) : item;
        }

        ValidateItems = true;
    }

    /// <summary>The syntax in which the pixel data is; of an opened file the one it was written in.</summary>
    public DicomTransferSyntax InternalTransferSyntax
    {
        get => _syntax;
        internal set
        {
            _syntax = value;
            foreach (var item in _items.Values.OfType<DicomSequence>().SelectMany(sequence => sequence.Items))
                item.InternalTransferSyntax = value;
        }
    }

    /// <summary>The character sets of text where Specific Character Set is absent: those of the enclosing dataset.</summary>
    internal Encoding[] FallbackEncodings { get; set; } = DicomEncoding.DefaultArray;

    internal bool ValidateItems { get; set; } = true;

    /// <exception cref="DicomValidationException">A value does not obey the rules of its representation.</exception>
    public void Validate()
    {
        foreach (var item in this)
            item.Validate();
    }

    public bool Contains(DicomTag tag)
    {
        if (!tag.IsPrivate)
            return _items.ContainsKey(tag);
        return FindPrivateTag(tag) is { } reserved && _items.Keys.Any(key => key.Equals(reserved));
    }

    public IEnumerator<DicomItem> GetEnumerator() => _items.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"DICOM Dataset [{_items.Count} items]";

    /// <summary>The tag of a private attribute in the block that its creator reserved, or reserves now.</summary>
    public DicomTag GetPrivateTag(DicomTag tag) => FindPrivateTag(tag, reserve: true);

    internal Encoding[] EncodingsForWriting() =>
        TryGetValues<string>(DicomTag.SpecificCharacterSet, out var charsets) && charsets.Length > 0 ? DicomEncoding.GetEncodings(charsets) : FallbackEncodings;

    private protected virtual void CheckTag(DicomTag tag)
    {
    }

    private static DicomSequence Copy(DicomSequence sequence, DicomTag tag, bool validate) =>
        new(tag, [.. sequence.Items.Where(item => item is not null).Select(item => new DicomDataset(item, validate))]);

    /// <summary>Null where no block is reserved by the tag's creator (PS3.5 section 7.8.1).</summary>
    private DicomTag FindPrivateTag(DicomTag tag, bool reserve = false)
    {
        if (!tag.IsPrivate || tag.PrivateCreator is null || tag.Element is 0 or > 0xff)
            return tag;
        for (ushort block = 0x10; block <= 0xff; block++)
        {
            var creator = new DicomTag(tag.Group, block);
            var free = !_items.ContainsKey(creator);
            if (free && reserve)
                Add(new DicomLongString(creator, tag.PrivateCreator.Creator));
            if ((free && reserve) || (!free && GetSingleValueOrDefault(creator, "") == tag.PrivateCreator.Creator))
                return new DicomTag(tag.Group, (ushort)((block << 8) | tag.Element), tag.PrivateCreator);
        }

        return null;
    }
}
