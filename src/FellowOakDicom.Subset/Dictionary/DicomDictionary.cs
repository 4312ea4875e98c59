using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;

namespace FellowOakDicom;

/// <summary>The attributes of PS3.6, from the embedded table <c>Tags.tsv</c>: tag, representations, multiplicity, keyword, <c>R</c> if retired.</summary>
public class DicomDictionary : IEnumerable<DicomDictionaryEntry>
{
    /// <summary>What is said of an attribute that is not in the table.</summary>
    public static readonly DicomDictionaryEntry UnknownTag = new(
        DicomTag.Unknown, "Unknown", DicomVM.Parse("1-n"), false, DicomVR.UN)
    { Mask = 0 };

    private static readonly DicomDictionaryEntry PrivateCreatorTag = new(
        DicomTag.Unknown, "PrivateCreator", DicomVM.Parse("1"), false, DicomVR.LO)
    { Mask = 0 };

    private static readonly DicomDictionaryEntry GroupLength = new(
        new DicomTag(0, 0), "GroupLength", DicomVM.Parse("1"), false, DicomVR.UL)
    { Mask = 0xffff };

    private readonly Dictionary<uint, DicomDictionaryEntry> _entries = [];
    private readonly Dictionary<string, DicomTag> _keywords = new(StringComparer.Ordinal);
    private readonly List<DicomDictionaryEntry> _masked = [];
    private readonly ConcurrentDictionary<string, DicomPrivateCreator> _creators = new(StringComparer.Ordinal);

    private DicomDictionary()
    {
        using var table = new StreamReader(typeof(DicomDictionary).Assembly.GetManifestResourceStream("Tags.tsv"));
        while (table.ReadLine() is { } line)
            Add(line.Split('\t'));
        _masked.Add(GroupLength);
    }

    public static DicomDictionary Default { get; } = new();

    /// <summary>The entry of a tag; <see cref="UnknownTag"/> if there is none.</summary>
    public DicomDictionaryEntry this[DicomTag tag]
    {
        get
        {
            if (tag.IsPrivate)
                return Private(tag);
            if (_entries.TryGetValue(tag.Number, out var entry))
                return entry;
            foreach (var masked in _masked)
            {
                if (masked.Matches(tag.Number))
                    return masked;
            }

            return UnknownTag;
        }
    }

    /// <summary>The tag of a keyword; null if there is none.</summary>
    public DicomTag this[string keyword] => _keywords.GetValueOrDefault(keyword);

    public DicomPrivateCreator GetPrivateCreator(string creator) => _creators.GetOrAdd(creator, name => new DicomPrivateCreator(name));

    public IEnumerator<DicomDictionaryEntry> GetEnumerator() => _entries.Values.Concat(_masked).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The shared tag of the table, so that reading a file makes no new ones.</summary>
    internal DicomTag Intern(ushort group, ushort element) =>
        _entries.TryGetValue(((uint)group << 16) | element, out var entry) ? entry.Tag : new DicomTag(group, element);

    private static DicomDictionaryEntry Private(DicomTag tag)
    {
        if (tag.Element is >= 0x0010 and <= 0x00ff)
            return PrivateCreatorTag;
        return tag.Element == 0 ? GroupLength : PrivateAttributes.Find(tag) ?? UnknownTag;
    }

    private void Add(string[] columns)
    {
        var number = uint.Parse(columns[0].Replace('x', '0'), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var mask = columns[0].Aggregate(0u, (bits, digit) => (bits << 4) | (digit == 'x' ? 0u : 0xfu));
        var entry = new DicomDictionaryEntry(
            number, columns[3], DicomVM.Parse(columns[2]), columns.Length > 4, [.. columns[1].Split('/').Select(DicomVR.Parse)])
        { Mask = mask };
        _keywords[entry.Keyword] = entry.Tag;
        if (mask == uint.MaxValue)
            _entries[number] = entry;
        else
            _masked.Add(entry);
    }
}
