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
        if (bitsAllocated == 16)
        {
            for (var pixel = 0; pixel < labels.Length; pixel++)
                labels[pixel] = BinaryPrimitives.ReadUInt16LittleEndian(values[(2 * pixel)..]);
            return;
        }

        var at = 0;
        for (; at + 32 <= labels.Length; at += 32)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Create(values.Slice(at, 32)));
            lower.CopyTo(labels[at..]);
            upper.CopyTo(labels[(at + 16)..]);
        }

        for (; at < labels.Length; at++)
            labels[at] = values[at];
    }

    /// <summary>The labels other than 0 that occur, each with its first pixel and the one after its last.</summary>
    public static void FindLabels(ReadOnlySpan<ushort> labels, Dictionary<ushort, (int Start, int End)> extents)
    {
        extents.Clear();
        // Labels come in runs: one look-up for each.
        for (int at = 0, skip; at < labels.Length && (skip = labels[at..].IndexOfAnyExcept((ushort)0)) >= 0;)
        {
            var start = at + skip;
            var label = labels[start];
            var run = labels[start..].IndexOfAnyExcept(label);
            at = run < 0 ? labels.Length : start + run;
            extents[label] = (extents.TryGetValue(label, out var extent) ? extent.Start : start, at);
        }
    }

    /// <summary>Writes a number where a mask is 1; false, at the first pixel that has a number already.</summary>
    public static bool TryPaint(ReadOnlySpan<byte> mask, ushort number, Span<ushort> labels, out ushort other)
    {
        other = 0;
        for (int at = 0, skip; at < mask.Length && (skip = mask[at..].IndexOfAnyExcept((byte)0)) >= 0;)
        {
            var start = at + skip;
            var length = mask[start..].IndexOf((byte)0);
            at = length < 0 ? mask.Length : start + length;
            var run = labels[start..at];
            if (run.IndexOfAnyExcept((ushort)0) is var taken and >= 0)
            {
                other = run[taken];
                return false;
            }

            run.Fill(number);
        }

        return true;
    }

    /// <summary>The lower bytes of labels that need no more.</summary>
    public static void Narrow(ReadOnlySpan<ushort> labels, Span<byte> values)
    {
        var at = 0;
        for (; at + 32 <= labels.Length; at += 32)
            Vector256.Narrow(Vector256.Create(labels.Slice(at, 16)), Vector256.Create(labels.Slice(at + 16, 16))).CopyTo(values[at..]);
        for (; at < labels.Length; at++)
            values[at] = (byte)labels[at];
    }
}
