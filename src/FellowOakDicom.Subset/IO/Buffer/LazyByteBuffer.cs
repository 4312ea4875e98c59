namespace FellowOakDicom.IO.Buffer;

/// <summary>Bytes that are made when they are first asked for: text that is not yet encoded.</summary>
public sealed class LazyByteBuffer(Func<byte[]> bytes) : IByteBuffer
{
    private byte[] _bytes;

    public bool IsMemory => true;

    public byte[] Data => _bytes ??= bytes();

    public long Size => Data.Length;

    public void GetByteRange(long offset, int count, byte[] output)
    {
        BufferCopy.CheckOutput(count, output);
        Array.Copy(Data, offset, output, 0, count);
    }

    public void CopyToStream(Stream stream) => BufferCopy.Writable(stream).Write(Data);

    public async Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken) =>
        await BufferCopy.Writable(stream).WriteAsync(Data, cancellationToken).ConfigureAwait(false);
}
