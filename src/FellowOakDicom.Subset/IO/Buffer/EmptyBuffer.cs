namespace FellowOakDicom.IO.Buffer;

public sealed class EmptyBuffer : IByteBuffer
{
    public static readonly IByteBuffer Value = new EmptyBuffer();

    private EmptyBuffer()
    {
    }

    public bool IsMemory => true;

    public byte[] Data => [];

    public long Size => 0;

    public void GetByteRange(long offset, int count, byte[] output)
    {
        if (offset != 0 || count != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), "An empty buffer has no bytes to copy.");
    }

    public void CopyToStream(Stream stream) => BufferCopy.Writable(stream);

    public Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken)
    {
        BufferCopy.Writable(stream);
        return Task.CompletedTask;
    }
}
