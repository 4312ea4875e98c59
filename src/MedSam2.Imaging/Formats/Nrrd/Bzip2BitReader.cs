namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>Reads bits, the most significant of each byte first.</summary>
internal sealed class Bzip2BitReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[1 << 12];
    private int _next;
    private int _filled;
    private ulong _bits;
    private int _count;

    public bool AtEnd => _count == 0 && !Fill();

    /// <summary>Up to 24 bits.</summary>
    public int Read(int count)
    {
        while (_count < count)
        {
            if (!Fill())
                throw Bzip2Stream.Damaged();
        }

        _count -= count;
        return (int)((_bits >> _count) & ((1UL << count) - 1));
    }

    public uint Read32() => ((uint)Read(16) << 16) | (uint)Read(16);

    public void AlignToByte() => _count -= _count % 8;

    private bool Fill()
    {
        if (_next == _filled)
        {
            (_next, _filled) = (0, stream.Read(_buffer));
            if (_filled == 0)
                return false;
        }

        _bits = (_bits << 8) | _buffer[_next++];
        _count += 8;
        return true;
    }
}
