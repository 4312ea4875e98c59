namespace FellowOakDicom.IO.Buffer;

/// <summary>Several buffers after one another: frames of an image, fragments of a frame.</summary>
public class CompositeByteBuffer : IByteBuffer
{
    public CompositeByteBuffer(IEnumerable<IByteBuffer> buffers) => Buffers = [.. buffers];

    public CompositeByteBuffer(params IByteBuffer[] buffers) => Buffers = [.. buffers];

    public IList<IByteBuffer> Buffers { get; }

    public bool IsMemory => Buffers.All(buffer => buffer.IsMemory);

    public long Size => Buffers.Sum(buffer => buffer.Size);

    public byte[] Data => BufferCopy.Read(this);

    public void GetByteRange(long offset, int count, byte[] output)
    {
        BufferCopy.CheckOutput(count, output);
        var done = 0;
        foreach (var buffer in Buffers)
        {
            if (done == count)
                return;
            if (offset >= buffer.Size)
            {
                offset -= buffer.Size;
                continue;
            }

            var part = (int)Math.Min(buffer.Size - offset, count - done);
            if (buffer is MemoryByteBuffer memory)
            {
                Array.Copy(memory.Data, offset, output, done, part);
            }
            else if (done == 0)
            {
                buffer.GetByteRange(offset, part, output);
            }
            else
            {
                var bytes = new byte[part];
                buffer.GetByteRange(offset, part, bytes);
                bytes.CopyTo(output, done);
            }

            done += part;
            offset = 0;
        }
    }

    public void CopyToStream(Stream stream)
    {
        foreach (var buffer in Buffers)
            buffer.CopyToStream(stream);
    }

    public async Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var buffer in Buffers)
            await buffer.CopyToStreamAsync(stream, cancellationToken).ConfigureAwait(false);
    }
}
