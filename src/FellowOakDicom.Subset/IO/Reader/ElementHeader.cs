#nullable enable

namespace FellowOakDicom.IO.Reader;

/// <summary>Representation and length of an element, after its tag.</summary>
/// <param name="VR">The representation to read the value in.</param>
/// <param name="Length">Bytes of the value; 0xffffffff where delimiters end it.</param>
/// <param name="IsWrittenUnknown">The file says UN, and the dictionary or the length says <paramref name="VR"/>.</param>
internal readonly record struct ElementHeader(DicomVR VR, uint Length, bool IsWrittenUnknown)
{
    private const uint UndefinedLength = uint.MaxValue;

    /// <returns>False where the bytes end within the header.</returns>
    public static bool TryRead(ByteSource source, DicomTag tag, bool isExplicit, out ElementHeader header) =>
        isExplicit ? TryReadExplicit(source, tag, out header) : TryReadImplicit(source, tag, FromDictionary(tag), out header);

    private static bool TryReadImplicit(ByteSource source, DicomTag tag, DicomVR vr, out ElementHeader header)
    {
        header = default;
        if (!source.Has(4))
            return false;
        var length = source.TakeUInt32();
        header = new ElementHeader(length == UndefinedLength && ReferenceEquals(vr, DicomVR.UN) ? DicomVR.SQ : vr, length, false);
        return true;
    }

    private static bool TryReadExplicit(ByteSource source, DicomTag tag, out ElementHeader header)
    {
        header = default;
        if (!source.Has(2))
            return false;
        var code = source.Peek(2);
        var first = tag.DictionaryEntry.ValueRepresentations[0];
        var written = DicomVR.FromBytes(code[0], code[1]);
        if (written is null && !code.SequenceEqual("  "u8))
            return TryReadUnmarked(source, first, out header);
        source.Skip(2);
        var vr = written ?? first;
        if (!TryReadLength(source, vr, out var length))
            return false;
        if (!ReferenceEquals(vr, DicomVR.UN))
            header = new ElementHeader(vr, length, false);
        else if (length == UndefinedLength && tag.IsPrivate)
            header = new ElementHeader(DicomVR.SQ, length, false);
        else
            header = new ElementHeader(first, length, true);
        return true;
    }

    /// <summary>An element without representation among those that have one. An undefined length means a sequence.</summary>
    private static bool TryReadUnmarked(ByteSource source, DicomVR first, out ElementHeader header)
    {
        header = default;
        if (!source.Has(4))
            return false;
        var length = source.TakeUInt32();
        header = new ElementHeader(length == UndefinedLength ? DicomVR.SQ : first, length, false);
        return true;
    }

    private static bool TryReadLength(ByteSource source, DicomVR vr, out uint length)
    {
        length = 0;
        if (!source.Has(vr.Is16bitLength ? 2 : 6))
            return false;
        length = source.TakeUInt16();
        if (vr.Is16bitLength)
            return true;

        // Two reserved bytes, in which old writers of SV and UV put the length.
        if (length == 0 || !(ReferenceEquals(vr, DicomVR.SV) || ReferenceEquals(vr, DicomVR.UV)))
            length = source.TakeUInt32();
        return true;
    }

    private static DicomVR FromDictionary(DicomTag tag)
    {
        var representations = tag.DictionaryEntry.ValueRepresentations;
        return representations.Contains(DicomVR.OB) && representations.Contains(DicomVR.OW) ? DicomVR.OW : representations[0];
    }
}
