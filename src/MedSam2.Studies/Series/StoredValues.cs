using System.Runtime.InteropServices;

namespace MedSam2.Studies.Series;

/// <summary>Turns stored pixel bytes into numbers: the bits stored below the high bit, with their sign (PS3.5 section 8).</summary>
internal static class StoredValues
{
    /// <summary>8 or 16 allocated bits; an unsigned value above 32767 wraps to a negative one.</summary>
    public static void ToInt16(ReadOnlySpan<byte> bytes, PixelFormat format, Span<short> values)
    {
        if (format.BitsAllocated == 8)
        {
            for (var n = 0; n < values.Length; n++)
                values[n] = (short)Extract(bytes[n], format);
            return;
        }

        var words = MemoryMarshal.Cast<byte, short>(bytes);
        var up = 15 - format.HighBit;
        var down = 16 - format.BitsStored;
        if (down == 0)
        {
            words.CopyTo(values);
        }
        else if (format.Signed)
        {
            for (var n = 0; n < values.Length; n++)
                values[n] = (short)((short)(words[n] << up) >> down);
        }
        else
        {
            for (var n = 0; n < values.Length; n++)
                values[n] = (short)((ushort)(words[n] << up) >> down);
        }
    }

    public static void ToReal(ReadOnlySpan<byte> bytes, PixelFormat format, double slope, double intercept, Span<float> values)
    {
        var size = format.BytesPerPixel;
        for (var n = 0; n < values.Length; n++)
        {
            var pixel = bytes.Slice(n * size, size);
            var raw = size switch
            {
                1 => pixel[0],
                2 => MemoryMarshal.Read<ushort>(pixel),
                _ => MemoryMarshal.Read<uint>(pixel),
            };
            values[n] = (float)((Extract(raw, format) * slope) + intercept);
        }
    }

    public static bool AnyNegative(ReadOnlySpan<short> values) => values.ContainsAnyInRange(short.MinValue, (short)-1);

    private static long Extract(uint raw, PixelFormat format)
    {
        var up = 31 - format.HighBit;
        var down = 32 - format.BitsStored;
        var aligned = raw << up;
        return format.Signed ? (int)aligned >> down : aligned >> down;
    }
}
