namespace FellowOakDicom.IO.Buffer;

/// <summary>A value that lies elsewhere, under a URI.</summary>
public interface IBulkDataUriByteBuffer : IByteBuffer
{
    string BulkDataUri { get; }
}

/// <summary>The URI of a value; the value itself once somebody has fetched it and set <see cref="Data"/>.</summary>
public class BulkDataUriByteBuffer(string bulkDataUri) : IBulkDataUriByteBuffer
{
    private byte[] _data;

    public string BulkDataUri { get; } = bulkDataUri;

    public bool IsMemory => _data is not null;

    public long Size => Fetched.Length;

    public byte[] Data
    {
        get => Fetched;
        set => _data = value;
    }

    private byte[] Fetched => _data ?? throw new InvalidOperationException("The bulk data has not been fetched: set Data first.");

    public void GetByteRange(long offset, int count, byte[] output)
    {
        BufferCopy.CheckOutput(count, output);
        Array.Copy(Fetched, offset, output, 0, count);
    }

    public void CopyToStream(Stream stream) => BufferCopy.Writable(stream).Write(Fetched);

    public async Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken) =>
        await BufferCopy.Writable(stream).WriteAsync(Fetched, cancellationToken).ConfigureAwait(false);
}
