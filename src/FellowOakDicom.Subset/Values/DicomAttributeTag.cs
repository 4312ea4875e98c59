using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Tags as values.</summary>
public class DicomAttributeTag : DicomElement
{
    private DicomTag[] _values;

    public DicomAttributeTag(DicomTag tag, params DicomTag[] values)
        : base(tag, new MemoryByteBuffer([.. values.SelectMany(Bytes)])) => _values = values;

    public DicomAttributeTag(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override int Count => (int)(Buffer.Size / 4);

    public override DicomVR ValueRepresentation => DicomVR.AT;

    public IEnumerable<DicomTag> Values => _values ??= Read();

    public override T Get<T>(int item = -1)
    {
        var tags = _values ??= Read();
        var index = Math.Max(item, 0);
        if (typeof(T) == typeof(DicomTag))
            return (T)(object)tags[index];
        if (typeof(T) == typeof(DicomTag[]))
            return (T)(object)tags;
        if (typeof(T) == typeof(string))
            return (T)(object)tags[index].ToString();
        if (typeof(T) == typeof(string[]))
            return (T)(object)tags.Select(tag => tag.ToString()).ToArray();
        throw CannotConvertTo<T>();
    }

    private static IEnumerable<byte> Bytes(DicomTag tag) => [(byte)tag.Group, (byte)(tag.Group >> 8), (byte)tag.Element, (byte)(tag.Element >> 8)];

    private DicomTag[] Read()
    {
        var data = Buffer.Data;
        var tags = new DicomTag[data.Length / 4];
        for (var i = 0; i < tags.Length; i++)
            tags[i] = DicomDictionary.Default.Intern(BitConverter.ToUInt16(data, 4 * i), BitConverter.ToUInt16(data, (4 * i) + 2));
        return tags;
    }
}
