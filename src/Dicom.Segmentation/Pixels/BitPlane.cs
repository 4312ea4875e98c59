using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Dicom.Segmentation.Pixels;

/// <summary>One bit a pixel, the first pixel in the lowest bit of the first byte (PS3.5 8.1.1 and Annex D).</summary>
internal static class BitPlane
{
    public static int ByteCount(int pixels) => (pixels + 7) / 8;

    /// <summary>Packs a mask of bytes, where anything but zero is inside. Bits after the last pixel are zero.</summary>
    public static void Pack(ReadOnlySpan<byte> mask, Span<byte> bits)
    {
        var pixel = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; pixel + 32 <= mask.Length; pixel += 32)
            {
                var outside = Vector256.Equals(Vector256.Create(mask.Slice(pixel, 32)), Vector256<byte>.Zero);
                BinaryPrimitives.WriteUInt32LittleEndian(bits[(pixel / 8)..], ~outside.ExtractMostSignificantBits());
            }
        }

        for (; pixel < mask.Length; pixel += 8)
        {
            var packed = 0;
            for (var bit = Math.Min(8, mask.Length - pixel) - 1; bit >= 0; bit--)
                packed = (packed << 1) | (mask[pixel + bit] == 0 ? 0 : 1);
            bits[pixel / 8] = (byte)packed;
        }
    }

    /// <summary>Packs the pixels of a label map that carry one label.</summary>
    public static void PackLabel(ReadOnlySpan<ushort> labels, ushort label, Span<byte> bits)
    {
        var pixel = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var wanted = Vector256.Create(label);
            for (; pixel + 16 <= labels.Length; pixel += 16)
            {
                var inside = Vector256.Equals(Vector256.Create(labels.Slice(pixel, 16)), wanted);
                BinaryPrimitives.WriteUInt16LittleEndian(bits[(pixel / 8)..], (ushort)inside.ExtractMostSignificantBits());
            }
        }

        for (; pixel < labels.Length; pixel += 8)
        {
            var packed = 0;
            for (var bit = Math.Min(8, labels.Length - pixel) - 1; bit >= 0; bit--)
                packed = (packed << 1) | (labels[pixel + bit] == label ? 1 : 0);
            bits[pixel / 8] = (byte)packed;
        }
    }

    /// <summary>Unpacks pixels to 0 and 1, beginning at a bit (0 to 7) of the first byte.</summary>
    public static void Unpack(ReadOnlySpan<byte> bits, int firstBit, Span<byte> mask)
    {
        var pixel = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            // Each of four bytes eight times, of which the first keeps bit 0, the second bit 1, and so on; then any to one.
            var copies = Vector256.Create(0x0000000000000000UL, 0x0101010101010101UL, 0x1212121212121212UL, 0x1313131313131313UL).AsByte();
            var kept = Vector256.Create(0x8040201008040201UL).AsByte();
            for (; pixel + 64 <= mask.Length; pixel += 32)
            {
                var packed = (uint)(BinaryPrimitives.ReadUInt64LittleEndian(bits[(pixel / 8)..]) >> firstBit);
                var spread = Vector256.Shuffle(Vector256.Create(packed).AsByte(), copies) & kept;
                (Vector256.Equals(spread, kept) & Vector256<byte>.One).CopyTo(mask[pixel..]);
            }
        }

        for (; pixel < mask.Length; pixel++)
        {
            var bit = pixel + firstBit;
            mask[pixel] = (byte)((bits[bit / 8] >> (bit % 8)) & 1);
        }
    }

    /// <summary>Adds a packed frame to the union of those before it; says whether they share a pixel.</summary>
    public static bool Unite(Span<byte> union, ReadOnlySpan<byte> bits)
    {
        var shared = Vector<byte>.Zero;
        var at = 0;
        for (; at + Vector<byte>.Count <= bits.Length; at += Vector<byte>.Count)
        {
            Vector<byte> before = new(union[at..]), added = new(bits[at..]);
            shared |= before & added;
            (before | added).CopyTo(union[at..]);
        }

        var rest = 0;
        for (; at < bits.Length; at++)
        {
            rest |= union[at] & bits[at];
            union[at] |= bits[at];
        }

        return rest != 0 || shared != Vector<byte>.Zero;
    }
}
