namespace FellowOakDicom.IO.Buffer;

public sealed class MemoryByteBuffer(byte[] data) : IByteBuffer
{
    public bool IsMemory => true;

    public byte[] Data { get; } = data;

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
