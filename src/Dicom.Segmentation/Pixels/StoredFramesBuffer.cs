using System.Buffers;
using FellowOakDicom.IO.Buffer;

namespace Dicom.Segmentation.Pixels;

/// <summary>
/// Pixel Data made while it is written: frames one after the other without a gap, even where a frame does not fill its last
/// byte. Only the bytes from each frame's first to its last that is not zero are in memory.
/// </summary>
internal sealed class StoredFramesBuffer(IReadOnlyList<StoredFrame> frames, long bitsPerFrame) : IByteBuffer
{
    private const int ChunkSize = 1 << 18;
    private readonly long _length = ((frames.Count * bitsPerFrame) + 7) / 8;

    public bool IsMemory => false;

    public long Size => _length + (_length & 1);

    public byte[] Data
    {
        get
        {
            var data = new byte[Size];
            Fill(0, data);
            return data;
        }
    }

    public void GetByteRange(long offset, int count, byte[] output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Fill(offset, output.AsSpan(0, count));
    }

    public void CopyToStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        for (long offset = 0; offset < Size; offset += ChunkSize)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(ChunkSize, Size - offset));
            Fill(offset, part);
            stream.Write(part);
        }

        ArrayPool<byte>.Shared.Return(chunk);
    }

    public async Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        for (long offset = 0; offset < Size; offset += ChunkSize)
        {
            var part = chunk.AsMemory(0, (int)Math.Min(ChunkSize, Size - offset));
            Fill(offset, part.Span);
            await stream.WriteAsync(part, cancellationToken).ConfigureAwait(false);
        }

        ArrayPool<byte>.Shared.Return(chunk);
    }

    private void Fill(long offset, Span<byte> range)
    {
        range.Clear();
        var first = (int)Math.Min(offset * 8 / bitsPerFrame, frames.Count);
        for (var index = first; index < frames.Count && index * bitsPerFrame / 8 < offset + range.Length; index++)
        {
            var frame = frames[index];
            var bit = (index * bitsPerFrame) + (frame.FirstByte * 8L);
            Put(frame.Bytes, (bit / 8) - offset, (int)(bit % 8), range);
        }
    }

    /// <summary>Adds bytes to a range at a byte and bit; what lies outside the range is left out.</summary>
    private static void Put(ReadOnlySpan<byte> bytes, long at, int shift, Span<byte> range)
    {
        if (at + bytes.Length < 0 || at >= range.Length)
            return;
        if (shift == 0)
        {
            var skip = (int)Math.Clamp(-at, 0, bytes.Length);
            var start = (int)at + skip;
            bytes[skip..Math.Min(bytes.Length, skip + range.Length - start)].CopyTo(range[start..]);
            return;
        }

        // The byte before the range counts: its high bits are carried into it. Frames share bytes here, hence the or.
        var before = (int)Math.Clamp(-at - 1, 0, bytes.Length);
        at += before;
        foreach (var value in bytes[before..])
        {
            if (at >= range.Length)
                return;
            if (at >= 0)
                range[(int)at] |= (byte)(value << shift);
            at++;
            if (at < range.Length)
                range[(int)at] |= (byte)(value >> (8 - shift));
        }
    }
}
