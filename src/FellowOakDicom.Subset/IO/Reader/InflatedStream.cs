#nullable enable

using System.IO.Compression;

namespace FellowOakDicom.IO.Reader;

/// <summary>A deflated dataset as it was, read forward only, up to a size in proportion to what is deflated.</summary>
internal sealed class InflatedStream(Stream deflated, long deflatedLength) : Stream
{
    private readonly DeflateStream _inflater = new(deflated, CompressionMode.Decompress, leaveOpen: true);
    private readonly long _limit = Math.Max(ReadLimits.InflatedBytes, ReadLimits.InflatedRatio * deflatedLength);
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <exception cref="DicomReaderException">The bytes are not deflated, or grow beyond all proportion.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            var read = _inflater.Read(buffer, offset, count);
            _read += read;
            return _read <= _limit ? read : throw new DicomReaderException($"The deflated dataset of {deflatedLength} bytes grows beyond {_limit} bytes.");
        }
        catch (InvalidDataException fault)
        {
            throw new DicomReaderException($"The dataset is not deflated as its transfer syntax says: {fault.Message}");
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inflater.Dispose();
        base.Dispose(disposing);
    }
}
