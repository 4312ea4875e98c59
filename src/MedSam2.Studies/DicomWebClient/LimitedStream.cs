namespace MedSam2.Studies.DicomWebClient;

/// <summary>Reads up to a number of bytes; more is an error.</summary>
internal sealed class LimitedStream(Stream inner, long limit) : ForwardOnlyStream
{
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _read += count;
        return _read <= limit ? count : throw new ArchiveException(ArchiveFault.TooLarge, $"The archive's answer is longer than {limit} bytes, the limit for this kind of answer.");
    }
}
