namespace FellowOakDicom.IO.Buffer;

/// <summary>Bytes of a value, in memory or still in the file.</summary>
public interface IByteBuffer
{
    /// <summary>Whether <see cref="Data"/> is there without reading.</summary>
    bool IsMemory { get; }

    long Size { get; }

    /// <summary>All bytes; of a buffer that is not in memory, each call reads them anew.</summary>
    byte[] Data { get; }

    /// <summary>Copies <paramref name="count"/> bytes from <paramref name="offset"/> to the start of <paramref name="output"/>.</summary>
    void GetByteRange(long offset, int count, byte[] output);

    void CopyToStream(Stream stream);

    Task CopyToStreamAsync(Stream stream, CancellationToken cancellationToken);
}
