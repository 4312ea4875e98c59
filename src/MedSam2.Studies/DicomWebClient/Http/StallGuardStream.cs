namespace MedSam2.Studies.DicomWebClient.Http;

/// <summary>The body of an answer: a pause that is too long, or a broken connection, becomes an <see cref="ArchiveException"/>.</summary>
internal sealed class StallGuardStream(Stream inner, TimeSpan longestPause, IDisposable owner) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        pause.CancelAfter(longestPause);
        try
        {
            return await inner.ReadAsync(buffer, pause.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ArchiveException(ArchiveFault.TimedOut, $"The archive stopped in the middle of its answer for {longestPause.TotalSeconds:0} s. Try again later, or raise the setting StallSeconds.", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new ArchiveException(ArchiveFault.Unreachable, "The connection to the archive broke in the middle of its answer. Try again.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            owner.Dispose();
        }

        base.Dispose(disposing);
    }
}
