using System.Buffers.Binary;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder;

/// <summary>
/// Takes samples as a decoder finds them and stores them as the header says: little endian, interleaved. Bits above the
/// code's precision are zero, or the sign where the code itself has signed samples (JPEG 2000 alone).
/// </summary>
internal sealed class DecodedSamples(FrameShape shape, int precision, bool signed = false)
{
    private readonly int _unused = 32 - precision;
    private readonly int _allocated = shape.BitsAllocated;

    public byte[] Bytes { get; } = new byte[shape.FrameBytes];

    /// <param name="index">(row x columns + column) x samples + sample.</param>
    /// <param name="value">Of which the bits of the precision count.</param>
    public void Set(int index, int value)
    {
        value <<= _unused;
        value = signed ? value >> _unused : value >>> _unused;
        switch (_allocated)
        {
            case 1:
                Bytes[index >> 3] |= (byte)((value & 1) << (index & 7));
                break;
            case 8:
                Bytes[index] = (byte)value;
                break;
            case 16:
                BinaryPrimitives.WriteInt16LittleEndian(Bytes.AsSpan(index * 2), (short)value);
                break;
            default:
                BinaryPrimitives.WriteInt32LittleEndian(Bytes.AsSpan(index * 4), value);
                break;
        }
    }
}
