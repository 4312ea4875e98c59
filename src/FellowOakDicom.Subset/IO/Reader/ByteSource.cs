#nullable enable

using System.Buffers.Binary;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.IO.Reader;

/// <summary>
/// Bytes of a stream, forward only, with a window in which the next few can be looked at. Where the stream can seek, large values are left
/// in it; where it cannot (a network, a deflated dataset), they are read in steps, so that a length that lies takes no memory.
/// </summary>
internal sealed class ByteSource
{
    private const int FirstStep = 1 << 20;

    private readonly Stream _stream;
    private readonly string? _path;
    private readonly long _origin;
    private readonly long? _length;
    private readonly byte[] _window = new byte[1 << 14];
    private int _start;
    private int _end;

    /// <param name="stream">Where to read from, beginning at its position.</param>
    /// <param name="path">The file that the stream reads, from which large values can be read again later.</param>
    public ByteSource(Stream stream, string? path = null)
    {
        _stream = stream;
        _path = path;
        if (!stream.CanSeek)
            return;
        _origin = stream.Position;
        _length = stream.Length - _origin;
    }

    public bool IsBigEndian { get; set; }

    /// <summary>Bytes taken so far.</summary>
    public long Position { get; private set; }

    public bool IsAtEnd => !Has(1);

    /// <summary>Whether so many bytes follow. Beyond the window that is known of seekable streams only; for the others it is hoped.</summary>
    public bool Has(long count)
    {
        if (_length is { } length)
            return length - Position >= count;
        return count > _window.Length || Fill((int)count);
    }

    /// <summary>The next bytes, which stay where they are; fewer than asked for at the end.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        Fill(count);
        return _window.AsSpan(_start, Math.Min(count, _end - _start));
    }

    public ushort PeekUInt16(int offset) => ToUInt16(Peek(offset + 2)[offset..]);

    public uint PeekUInt32(int offset) => ToUInt32(Peek(offset + 4)[offset..]);

    public ushort TakeUInt16()
    {
        var value = PeekUInt16(0);
        Skip(2);
        return value;
    }

    public uint TakeUInt32()
    {
        var value = PeekUInt32(0);
        Skip(4);
        return value;
    }

    /// <exception cref="EndOfStreamException">Fewer bytes follow.</exception>
    public void Skip(long count)
    {
        if (!Has(count))
            throw new EndOfStreamException();
        var within = (int)Math.Min(count, _end - _start);
        _start += within;
        Position += within;
        var beyond = count - within;
        if (beyond == 0)
            return;
        if (_length is not null)
        {
            Position += beyond;
            _stream.Position = _origin + Position;
            return;
        }

        for (; beyond > 0; beyond -= within)
        {
            if (!Fill(1))
                throw new EndOfStreamException();
            within = (int)Math.Min(beyond, _end - _start);
            _start += within;
            Position += within;
        }
    }

    /// <summary>The next bytes as a value: read now, or left in the file if <paramref name="lazily"/> and the stream can seek.</summary>
    /// <exception cref="EndOfStreamException">Fewer bytes follow.</exception>
    public IByteBuffer TakeBuffer(long count, bool lazily)
    {
        if (count == 0)
            return EmptyBuffer.Value;
        if (!Has(count))
            throw new EndOfStreamException();
        if (lazily && _length is not null)
        {
            var position = _origin + Position;
            Skip(count);
            return _path is null ? new StreamByteBuffer(_stream, position, count) : new FileByteBuffer(_path, position, count);
        }

        if (count > Array.MaxLength)
            throw new DicomIoException($"A value of {count} bytes is too long to be read into memory.");
        return new MemoryByteBuffer(Take((int)count));
    }

    /// <summary>The rest of the stream as it is before deflation. Dispose it, and take no more from this source.</summary>
    public Stream Inflate()
    {
        if (_length is not { } length)
        {
            var rest = Take(int.MaxValue, untilEnd: true);
            return new InflatedStream(new MemoryStream(rest), rest.Length);
        }

        _stream.Position = _origin + Position;
        return new InflatedStream(_stream, length - Position);
    }

    private byte[] Take(int count, bool untilEnd = false)
    {
        var bytes = new byte[_length is null ? Math.Min(count, FirstStep) : count];
        var done = 0;
        while (done < count)
        {
            if (done == bytes.Length)
                Array.Resize(ref bytes, (int)Math.Min(count, 2L * bytes.Length));
            var read = Math.Min(bytes.Length - done, _end - _start);
            if (read > 0)
            {
                _window.AsSpan(_start, read).CopyTo(bytes.AsSpan(done));
                _start += read;
            }
            else
            {
                read = _stream.Read(bytes, done, bytes.Length - done);
                if (read == 0)
                    break;
            }

            done += read;
            Position += read;
        }

        if (done < count && !untilEnd)
            throw new EndOfStreamException();
        Array.Resize(ref bytes, done);
        return bytes;
    }

    private bool Fill(int count)
    {
        if (_end - _start >= count)
            return true;
        _window.AsSpan(_start, _end - _start).CopyTo(_window);
        _end -= _start;
        _start = 0;
        while (_end < count)
        {
            var read = _stream.Read(_window, _end, _window.Length - _end);
            if (read == 0)
                return false;
            _end += read;
        }

        return true;
    }

    private ushort ToUInt16(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private uint ToUInt32(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
