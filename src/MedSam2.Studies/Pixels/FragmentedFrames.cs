using System.Buffers.Binary;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;
using MedSam2.PixelDecoder.Protocol;
using MedSam2.Studies.Series;

namespace MedSam2.Studies.Pixels;

/// <summary>
/// Which fragments make up which frame (PS3.5 A.4): by the basic or extended offset table, one fragment a frame, or,
/// where a table is missing or wrong, by the bytes with which each code begins.
/// </summary>
internal static class FragmentedFrames
{
    private const int ItemHeader = 8;

    /// <summary>The code of one frame.</summary>
    /// <exception cref="SeriesException">The frames cannot be told apart, or there is no such frame.</exception>
    public static byte[] Read(DicomDataset dataset, int frame, int frames, PixelCoding coding, long maxBytes)
    {
        if (dataset.GetDicomItem<DicomItem>(DicomTag.PixelData) is not DicomFragmentSequence sequence)
            throw new SeriesException(SeriesFault.DamagedPixels, "The transfer syntax says that the pixels are compressed, but they are not in fragments. Send the instance again.");
        if (frame < 0 || frame >= frames)
            throw new SeriesException(SeriesFault.DamagedPixels, $"The instance has {frames} frames; there is no frame {frame + 1}.");

        var (first, end) = Range(dataset, sequence, frame, frames, coding);
        var parts = sequence.Fragments.Skip(first).Take(end - first).ToArray();
        var length = parts.Sum(part => part.Size);
        if (length > maxBytes)
            throw new SeriesException(SeriesFault.TooLarge, $"Frame {frame + 1} has {length} compressed bytes, more than its pixels could need. Send the instance again.");
        var code = new byte[length];
        var at = 0;
        foreach (var part in parts)
        {
            part.Data.CopyTo(code.AsSpan(at));
            at += (int)part.Size;
        }

        return code;
    }

    private static (int First, int End) Range(DicomDataset dataset, DicomFragmentSequence sequence, int frame, int frames, PixelCoding coding)
    {
        var fragments = sequence.Fragments;
        var count = fragments.Count;
        // A file cut at an item may leave an empty one at the end.
        while (count > 1 && fragments[count - 1].Size == 0)
            count--;
        if (count < frames)
            throw new SeriesException(SeriesFault.DamagedPixels, $"The header claims {frames} frames, but there are only {count} compressed fragments. Send the whole file.");
        if (frames == 1)
            return (0, count);
        if (count == frames)
            return (frame, frame + 1);

        var starts = Starts(fragments, count, Offsets(dataset, sequence), frames)
            ?? Enumerable.Range(0, count).Where(n => Begins(fragments[n], coding)).ToArray();
        if (starts.Length != frames || starts[0] != 0)
        {
            throw new SeriesException(SeriesFault.DamagedPixels,
                $"{frames} frames in {count} fragments cannot be told apart: the offset table is missing or wrong. Send the instance again with a basic offset table.");
        }

        return (starts[frame], frame + 1 < frames ? starts[frame + 1] : count);
    }

    /// <summary>The fragments at the offsets, or null where those are not what the fragments say.</summary>
    private static int[]? Starts(IList<IByteBuffer> fragments, int count, long[] offsets, int frames)
    {
        if (offsets.Length != frames)
            return null;
        var starts = new int[frames];
        var (found, position) = (0, 0L);
        for (var n = 0; n < count && found < frames; n++)
        {
            if (position == offsets[found])
                starts[found++] = n;
            position += ItemHeader + fragments[n].Size;
        }

        return found == frames ? starts : null;
    }

    private static long[] Offsets(DicomDataset dataset, DicomFragmentSequence sequence)
    {
        if (sequence.OffsetTable.Count > 0)
            return [.. sequence.OffsetTable.Select(offset => (long)offset)];
        if (dataset.GetDicomItem<DicomItem>(DicomTag.ExtendedOffsetTable) is not DicomElement { Buffer.Size: > 0 } extended)
            return [];
        var bytes = extended.Buffer.Data;
        var offsets = new long[bytes.Length / sizeof(long)];
        for (var n = 0; n < offsets.Length; n++)
            offsets[n] = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(n * sizeof(long)));
        return offsets;
    }

    /// <summary>Whether a frame's code begins here. Neither mark can occur within a code: FF is followed by smaller bytes there.</summary>
    private static bool Begins(IByteBuffer fragment, PixelCoding coding)
    {
        ReadOnlySpan<byte> mark = coding == PixelCoding.Jpeg2000 ? [0xFF, 0x4F, 0xFF, 0x51] : [0xFF, 0xD8, 0xFF];
        if (fragment.Size < 12)
            return false;
        var head = new byte[12];
        fragment.GetByteRange(0, head.Length, head);
        return head.AsSpan().StartsWith(mark) || (coding == PixelCoding.Jpeg2000 && head.AsSpan(4).StartsWith("jP  "u8));
    }
}
