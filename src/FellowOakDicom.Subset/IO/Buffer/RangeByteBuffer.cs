namespace FellowOakDicom.IO.Buffer;

/// <summary>A part of another buffer: one frame of pixel data.</summary>
public class RangeByteBuffer : IByteBuffer
{
    private readonly IByteBuffer _buffer;
    private readonly long _start;
    private readonly int _length;

    public RangeByteBuffer(IByteBuffer buffer, long offset, int length)
    {
        _buffer = buffer;
        _start = offset;
        _length = length;
    }

    public bool IsMemory => _buffer.IsMemory;

    public long Size => _length;

    public byte[] Data => BufferCopy.Read(this);

    public void GetByteRange(long offset, int count, byte[] output) => _buffer.GetByteRange(_start + offset, Math.Min(count, _length), output);

    public void CopyToStream(Stream stream) => BufferCopy.Blocks(this, stream);

    public Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken) => BufferCopy.BlocksAsync(this, stream, cancellationToken);
}
