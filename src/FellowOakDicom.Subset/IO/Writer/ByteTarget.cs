#nullable enable

using System.Buffers;
using System.Buffers.Binary;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.IO.Writer;

/// <summary>
/// What is to be written: headers and short values as bytes, long values as the buffers they are, so that composing a file
/// copies no pixel and needs no stream.
/// </summary>
internal sealed class ByteTarget
{
    private const int CopiedSize = 4096;

    private readonly List<IByteBuffer> _done = [];
    private ArrayBufferWriter<byte> _open = new();

    public bool IsBigEndian { get; set; }

    public void WriteUInt16(ushort value)
    {
        var span = _open.GetSpan(2);
        if (IsBigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(span, value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(span, value);
        _open.Advance(2);
    }

    public void WriteUInt32(uint value)
    {
        var span = _open.GetSpan(4);
        if (IsBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(span, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(span, value);
        _open.Advance(4);
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes) => _open.Write(bytes);

    public void WriteBuffer(IByteBuffer buffer)
    {
        if (buffer.Size <= CopiedSize)
        {
            _open.Write(buffer.Data);
            return;
        }

        Close();
        _done.Add(buffer);
    }

    public void CopyTo(Stream stream)
    {
        Close();
        foreach (var buffer in _done)
            buffer.CopyToStream(stream);
    }

    public async Task CopyToAsync(Stream stream)
    {
        Close();
        foreach (var buffer in _done)
            await buffer.CopyToStreamAsync(stream, CancellationToken.None).ConfigureAwait(false);
    }

    private void Close()
    {
        if (_open.WrittenCount > 0)
            _done.Add(new MemoryByteBuffer(_open.WrittenSpan.ToArray()));
        _open = new ArrayBufferWriter<byte>();
    }
}
