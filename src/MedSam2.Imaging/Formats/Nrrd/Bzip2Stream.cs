namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>
/// Decompresses bzip2 for reading. One block of at most 900,000 bytes is held at a time; checksums are verified.
/// </summary>
internal sealed class Bzip2Stream(Stream packed) : Stream
{
    private const long BlockMagic = 0x314159265359;
    private const long EndMagic = 0x177245385090;

    private readonly Bzip2BitReader _bits = new(packed);
    private Bzip2Block? _block;
    private uint _combinedChecksum;
    private int _level;
    private bool _inStream;
    private bool _finished;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (!_finished && !buffer.IsEmpty)
        {
            if (_block is null && !NextBlock())
                break;
            var read = _block!.Read(buffer);
            if (read > 0)
                return read;
            var checksum = _block.FinishChecksum();
            _combinedChecksum = ((_combinedChecksum << 1) | (_combinedChecksum >> 31)) ^ checksum;
            _block = null;
        }

        return 0;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    internal static ImageFormatException Damaged() => new("The bzip2 data are damaged or cut short. Copy or download the file again.");

    private bool NextBlock()
    {
        while (true)
        {
            if (!_inStream && !StartStream())
            {
                _finished = true;
                return false;
            }

            var magic = ((long)_bits.Read(24) << 24) | (uint)_bits.Read(24);
            if (magic == BlockMagic)
            {
                _block = Bzip2Block.Read(_bits, _level * 100_000);
                return true;
            }

            var expected = _bits.Read32();
            if (magic != EndMagic || expected != _combinedChecksum)
                throw Damaged();
            _inStream = false;
            _combinedChecksum = 0;
            _bits.AlignToByte();
        }
    }

    private bool StartStream()
    {
        if (_bits.AtEnd)
            return false;
        if (_bits.Read(24) != 0x425A68 || _bits.Read(8) - '0' is not (>= 1 and <= 9 and var level))
            throw Damaged();
        _level = level;
        return _inStream = true;
    }
}
