using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Unique identifiers, as text, as <see cref="DicomUID"/> or as <see cref="DicomTransferSyntax"/>.</summary>
public class DicomUniqueIdentifier : DicomMultiStringElement
{
    public DicomUniqueIdentifier(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomUniqueIdentifier(DicomTag tag, params DicomUID[] values)
        : base(tag, [.. values.Select(uid => uid.UID)])
    {
    }

    public DicomUniqueIdentifier(DicomTag tag, params DicomTransferSyntax[] values)
        : base(tag, [.. values.Select(syntax => syntax.UID.UID)])
    {
    }

    public DicomUniqueIdentifier(DicomTag tag, IByteBuffer data)
        : base(tag, null, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.UI;

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(string) || typeof(T) == typeof(string[]))
            return base.Get<T>(item);
        if (typeof(T) == typeof(DicomUID[]) || typeof(T) == typeof(object[]))
            return (T)(object)Values.Select(DicomUID.Parse).ToArray();
        if (typeof(T) == typeof(DicomTransferSyntax[]))
            return (T)(object)Values.Select(uid => DicomTransferSyntax.Lookup(DicomUID.Parse(uid))).ToArray();
        var index = Math.Max(item, 0);
        CheckIndex(index);
        if (typeof(T) == typeof(DicomUID) || typeof(T) == typeof(object))
            return (T)(object)DicomUID.Parse(Values[index]);
        if (typeof(T) == typeof(DicomTransferSyntax))
            return (T)(object)DicomTransferSyntax.Lookup(DicomUID.Parse(Values[index]));
        return base.Get<T>(item);
    }
}
