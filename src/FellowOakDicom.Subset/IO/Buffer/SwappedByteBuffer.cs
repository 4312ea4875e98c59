#nullable enable

namespace FellowOakDicom.IO.Buffer;

/// <summary>Another buffer with the bytes of each unit reversed: big-endian values as this machine reads them, and the way back.</summary>
internal sealed class SwappedByteBuffer : IByteBuffer
{
    private readonly IByteBuffer _buffer;
    private readonly int _unitSize;

    private SwappedByteBuffer(IByteBuffer buffer, int unitSize)
    {
        _buffer = buffer;
        _unitSize = unitSize;
    }

    public bool IsMemory => _buffer.IsMemory;

    public long Size => _buffer.Size;

    public byte[] Data => BufferCopy.Read(this);

    public static IByteBuffer Create(IByteBuffer buffer, int unitSize)
    {
        if (unitSize < 2 || buffer.Size == 0)
            return buffer;
        return buffer is SwappedByteBuffer swapped && swapped._unitSize == unitSize ? swapped._buffer : new SwappedByteBuffer(buffer, unitSize);
    }

    /// <summary>Any range may be asked for: units that are cut at either end are read whole.</summary>
    public void GetByteRange(long offset, int count, byte[] output)
    {
        BufferCopy.CheckOutput(count, output);
        var first = offset / _unitSize * _unitSize;
        var last = Math.Min((offset + count + _unitSize - 1) / _unitSize * _unitSize, Size);
        if (first == offset && last == offset + count)
        {
            _buffer.GetByteRange(offset, count, output);
            Endian.Swap(_unitSize, output.AsSpan(0, count));
            return;
        }

        var whole = new byte[last - first];
        _buffer.GetByteRange(first, whole.Length, whole);
        Endian.Swap(_unitSize, whole);
        Array.Copy(whole, offset - first, output, 0, count);
    }

    public void CopyToStream(Stream stream) => BufferCopy.Blocks(this, stream);

    public Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken) => BufferCopy.BlocksAsync(this, stream, cancellationToken);
}
