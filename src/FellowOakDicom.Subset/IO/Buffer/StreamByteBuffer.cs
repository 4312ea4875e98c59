namespace FellowOakDicom.IO.Buffer;

/// <summary>A large value that stays in the caller's stream until it is asked for; the stream must stay open.</summary>
public sealed class StreamByteBuffer : IByteBuffer
{
    private readonly Stream _stream;
    private readonly long _position;

    internal StreamByteBuffer(Stream stream, long position, long length)
    {
        _stream = stream;
        _position = position;
        Size = length;
    }

    public bool IsMemory => false;

    public long Size { get; }

    public byte[] Data => BufferCopy.Read(this);

    /// <summary>Callers on several threads wait for each other, as there is one stream position.</summary>
    /// <exception cref="DicomIoException">The stream has been closed, or has become shorter.</exception>
    public void GetByteRange(long offset, int count, byte[] output)
    {
        BufferCopy.CheckOutput(count, output);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size - count);
        lock (_stream)
        {
            if (!_stream.CanRead)
                throw new DicomIoException("cannot read from stream - maybe closed");
            _stream.Position = _position + offset;
            if (_stream.ReadAtLeast(output.AsSpan(0, count), count, throwOnEndOfStream: false) < count)
                throw new DicomIoException("The stream is shorter than it was when it was opened.");
        }
    }

    public void CopyToStream(Stream stream) => BufferCopy.Blocks(this, stream);

    public Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken) => BufferCopy.BlocksAsync(this, stream, cancellationToken);
}
