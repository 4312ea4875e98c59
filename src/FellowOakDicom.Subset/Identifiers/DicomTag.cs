using System.Globalization;

namespace FellowOakDicom;

/// <summary>Group and element number of an attribute, with its private creator where the attribute is private.</summary>
public sealed partial class DicomTag : IFormattable, IEquatable<DicomTag>, IComparable<DicomTag>, IComparable
{
    public static readonly DicomTag Unknown = new(0xffff, 0xffff);

    public DicomTag(ushort group, ushort element)
    {
        Group = group;
        Element = element;
    }

    public DicomTag(ushort group, ushort element, string privateCreator)
        : this(group, element, DicomDictionary.Default.GetPrivateCreator(privateCreator))
    {
    }

    public DicomTag(ushort group, ushort element, DicomPrivateCreator privateCreator)
        : this(group, element)
    {
        PrivateCreator = privateCreator;
    }

    public ushort Group { get; }

    public ushort Element { get; }

    public bool IsPrivate => (Group & 1) == 1;

    public DicomPrivateCreator PrivateCreator { get; set; }

    public DicomDictionaryEntry DictionaryEntry => DicomDictionary.Default[this];

    internal uint Number => ((uint)Group << 16) | Element;

    public static implicit operator DicomTag(uint tag) => new((ushort)(tag >> 16), (ushort)tag);

    public static explicit operator uint(DicomTag tag) => tag.Number;

    public static bool operator ==(DicomTag a, DicomTag b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(DicomTag a, DicomTag b) => !(a == b);

    /// <summary>Reads <c>(gggg,eeee)</c>, <c>gggg,eeee</c> or <c>ggggeeee</c>, each with an optional <c>:creator</c>.</summary>
    /// <exception cref="DicomDataException">The text is none of these.</exception>
    public static DicomTag Parse(string s)
    {
        var text = s.AsSpan();
        var rest = text.StartsWith("(") ? text[1..] : text;
        if (text.Length < 8 || !TryHex(ref rest, out var group))
            throw new DicomDataException($"Error parsing DICOM tag ['{s}']");
        if (rest.StartsWith(","))
            rest = rest[1..];
        if (!TryHex(ref rest, out var element))
            throw new DicomDataException($"Error parsing DICOM tag ['{s}']");
        if (!rest.StartsWith(":"))
            return new DicomTag(group, element);
        var creator = rest.EndsWith(")") ? rest[1..^1] : rest[1..];
        return new DicomTag(group, element, creator.ToString());
    }

    public override string ToString() => ToString("G", null);

    /// <summary>Format <c>G</c>: <c>(gggg,eeee:creator)</c>, <c>g</c>: the same without brackets, <c>X</c>: <c>(gggg,xxee:creator)</c>, <c>J</c>: <c>GGGGEEEE</c>.</summary>
    public string ToString(string format, IFormatProvider formatProvider) => format switch
    {
        "J" => $"{Group:X4}{Element:X4}",
        "g" => $"{Group:x4},{Element:x4}{CreatorSuffix}",
        "X" when PrivateCreator is not null => $"({Group:x4},xx{Element & 0xff:x2}{CreatorSuffix})",
        "X" => $"({Group:x4},{Element:x4})",
        _ => $"({Group:x4},{Element:x4}{CreatorSuffix})",
    };

    public int CompareTo(DicomTag other)
    {
        var order = Number.CompareTo(other.Number);
        if (order != 0 || (PrivateCreator is null && other.PrivateCreator is null))
            return order;
        if (PrivateCreator is null)
            return -1;
        return other.PrivateCreator is null ? 1 : PrivateCreator.CompareTo(other.PrivateCreator);
    }

    public int CompareTo(object obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return CompareTo(obj as DicomTag ?? throw new ArgumentException("A DICOM tag is compared with DICOM tags only.", nameof(obj)));
    }

    /// <summary>Private tags with a creator are equal whatever block the creator reserved.</summary>
    public bool Equals(DicomTag other)
    {
        if (other is null || Group != other.Group)
            return false;
        if (PrivateCreator is null && other.PrivateCreator is null)
            return Element == other.Element;
        return PrivateCreator?.Creator == other.PrivateCreator?.Creator && (Element & 0xff) == (other.Element & 0xff);
    }

    public override bool Equals(object obj) => Equals(obj as DicomTag);

    public override int GetHashCode() => PrivateCreator is null
        ? Number.GetHashCode()
        : HashCode.Combine(Group, Element & 0xff, PrivateCreator.Creator);

    private string CreatorSuffix => PrivateCreator is null ? "" : ":" + PrivateCreator.Creator;

    private static bool TryHex(ref ReadOnlySpan<char> rest, out ushort value)
    {
        value = 0;
        if (rest.Length < 4 || !ushort.TryParse(rest[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value))
            return false;
        rest = rest[4..];
        return true;
    }
}
