namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>The bits of a scan: the zero byte after each FF falls away, and a marker ends them.</summary>
internal ref struct ScanBits(ReadOnlySpan<byte> code, int position)
{
    private readonly ReadOnlySpan<byte> _code = code;
    private ulong _bits;
    private int _count;

    /// <summary>Of the first byte that is not taken in yet; at a marker once the bits have ended.</summary>
    public int Position { get; private set; } = position;

    /// <summary>The next 16 bits, zeros where the scan has ended.</summary>
    public int Peek16()
    {
        if (_count < 16)
            Fill();
        return _count >= 16 ? (int)(_bits >> (_count - 16)) & 0xFFFF : (int)(_bits << (16 - _count)) & 0xFFFF;
    }

    /// <exception cref="DecodeException">The scan has ended before.</exception>
    public void Skip(int count)
    {
        if (_count < count)
            Fill();
        if (_count < count)
            throw DecodeException.Damaged("ends before its last pixel");
        _count -= count;
    }

    /// <summary>A number of bits, the highest first.</summary>
    /// <exception cref="DecodeException">The scan has ended before.</exception>
    public int Read(int count)
    {
        if (_count < count)
            Fill();
        Skip(count);
        return (int)(_bits >> _count) & ((1 << count) - 1);
    }

    /// <summary>Drops what is left of this interval and passes over its restart marker.</summary>
    /// <exception cref="DecodeException">There is no restart marker.</exception>
    public void Restart()
    {
        while (Position + 1 < _code.Length && _code[Position] == 0xFF && _code[Position + 1] == 0xFF)
            Position++;
        if (_count >= 8 || Position + 1 >= _code.Length || _code[Position] != 0xFF || _code[Position + 1] is < 0xD0 or > 0xD7)
            throw DecodeException.Damaged("lacks a restart marker of the JPEG");
        Position += 2;
        _count = 0;
    }

    private void Fill()
    {
        while (_count <= 48 && Position < _code.Length)
        {
            var value = _code[Position];
            if (value == 0xFF)
            {
                if (Position + 1 >= _code.Length || _code[Position + 1] != 0)
                    return;
                Position++;
            }

            Position++;
            _bits = (_bits << 8) | value;
            _count += 8;
        }
    }
}
