using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Dicom.Segmentation.Pixels;

/// <summary>Frames of 8 or 16 bits a pixel: labels, or fractions.</summary>
internal static class LabelPlane
{
    /// <summary>1 where the value is the wanted one, else 0.</summary>
    public static void Select(ReadOnlySpan<byte> values, int bitsAllocated, int wanted, Span<byte> mask)
    {
        if (bitsAllocated == 16)
        {
            for (var pixel = 0; pixel < mask.Length; pixel++)
                mask[pixel] = (byte)(BinaryPrimitives.ReadUInt16LittleEndian(values[(2 * pixel)..]) == wanted ? 1 : 0);
            return;
        }

        if (wanted > byte.MaxValue)
        {
            mask.Clear();
            return;
        }

        var at = 0;
        for (; at + 32 <= mask.Length; at += 32)
        {
            var same = Vector256.Equals(Vector256.Create(values.Slice(at, 32)), Vector256.Create((byte)wanted));
            (same & Vector256<byte>.One).CopyTo(mask[at..]);
        }

        for (; at < mask.Length; at++)
            mask[at] = (byte)(values[at] == wanted ? 1 : 0);
    }

    /// <summary>1 where the value reaches the threshold, else 0.</summary>
    public static void Reach(ReadOnlySpan<byte> values, byte threshold, Span<byte> mask)
    {
        for (var pixel = 0; pixel < mask.Length; pixel++)
            mask[pixel] = (byte)(values[pixel] >= threshold ? 1 : 0);
    }

    public static void Widen(ReadOnlySpan<byte> values, int bitsAllocated, Span<ushort> labels)
    {
        for (var pixel = 0; pixel < labels.Length; pixel++)
            labels[pixel] = bitsAllocated == 8 ? values[pixel] : BinaryPrimitives.ReadUInt16LittleEndian(values[(2 * pixel)..]);
    }

    /// <summary>The labels other than 0 that occur. Labels come in runs: one look-up for each.</summary>
    public static void FindLabels(ReadOnlySpan<ushort> labels, ISet<ushort> present)
    {
        present.Clear();
        while (labels.IndexOfAnyExcept((ushort)0) is var start and >= 0)
        {
            var label = labels[start];
            present.Add(label);
            labels = labels[start..];
            var run = labels.IndexOfAnyExcept(label);
            labels = run < 0 ? [] : labels[run..];
        }
    }
}
