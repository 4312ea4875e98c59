using System.Buffers.Binary;
using System.Text;

namespace FellowOakDicom.Tests;

/// <summary>DICOM files put together byte by byte, so that they can be wrong. Explicit VR little endian unless another syntax is named.</summary>
internal sealed class RawFile
{
    public const uint UndefinedLength = uint.MaxValue;

    private readonly List<byte> _bytes = [];

    public static RawFile WithMetaInfo(string transferSyntax = "1.2.840.10008.1.2.1")
    {
        var uid = transferSyntax.Length % 2 == 0 ? transferSyntax : transferSyntax + "\0";
        var file = new RawFile();
        file._bytes.AddRange(new byte[128]);
        return file.Raw("DICM"u8).Element(0x00020010, "UI", Encoding.ASCII.GetBytes(uid));
    }

    public byte[] ToArray() => [.. _bytes];

    public DicomFile Open(FileReadOption option = FileReadOption.Default) => DicomFile.Open(new MemoryStream(ToArray()), option);

    public RawFile Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public RawFile Tag(uint tag) => UInt16((ushort)(tag >> 16)).UInt16((ushort)tag);

    public RawFile UInt16(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public RawFile UInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public RawFile Element(uint tag, string vr, ReadOnlySpan<byte> value, uint? length = null)
    {
        Tag(tag).Raw(Encoding.ASCII.GetBytes(vr));
        if (vr is "OB" or "OW" or "SQ" or "UN" or "UT" or "UC" or "UR" or "SV" or "UV" or "OV" or "OD" or "OF" or "OL")
            UInt16(0).UInt32(length ?? (uint)value.Length);
        else
            UInt16((ushort)(length ?? (uint)value.Length));
        return Raw(value);
    }

    public RawFile Text(uint tag, string vr, string value) => Element(tag, vr, Encoding.ASCII.GetBytes(value.Length % 2 == 0 ? value : value + " "));

    public RawFile Item(uint length = UndefinedLength) => Tag(0xfffee000).UInt32(length);

    public RawFile EndOfItem() => Tag(0xfffee00d).UInt32(0);

    public RawFile EndOfSequence() => Tag(0xfffee0dd).UInt32(0);
}
