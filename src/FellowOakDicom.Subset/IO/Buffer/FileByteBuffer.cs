namespace FellowOakDicom.IO.Buffer;

/// <summary>A large value that stays in its file until it is asked for.</summary>
public sealed class FileByteBuffer : IByteBuffer
{
    private readonly string _path;
    private readonly long _position;

    internal FileByteBuffer(string path, long position, long length)
    {
        _path = path;
        _position = position;
        Size = length;
    }

    public bool IsMemory => false;

    public long Size { get; }

    public byte[] Data => BufferCopy.Read(this);

    /// <exception cref="DicomIoException">The file has become shorter since it was opened.</exception>
    public void GetByteRange(long offset, int count, byte[] output)
    {
        BufferCopy.CheckOutput(count, output);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size - count);
        using var file = File.OpenHandle(_path);
        var span = output.AsSpan(0, count);
        for (var done = 0; done < count;)
        {
            var read = RandomAccess.Read(file, span[done..], _position + offset + done);
            if (read == 0)
                throw new DicomIoException("The file is shorter than it was when it was opened.");
            done += read;
        }
    }

    public void CopyToStream(Stream stream) => BufferCopy.Blocks(this, stream);

    public Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken) => BufferCopy.BlocksAsync(this, stream, cancellationToken);
}
