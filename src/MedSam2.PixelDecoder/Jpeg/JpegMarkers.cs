using System.Buffers.Binary;

namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>Walks the marker segments of a JPEG (ITU-T T.81 annex B).</summary>
internal ref struct JpegMarkers
{
    public const byte StartOfImage = 0xD8, EndOfImage = 0xD9, StartOfScan = 0xDA, HuffmanTables = 0xC4, RestartInterval = 0xDD, LineCount = 0xDC;

    private readonly ReadOnlySpan<byte> _code;

    /// <exception cref="DecodeException">The code does not begin as a JPEG.</exception>
    public JpegMarkers(ReadOnlySpan<byte> code)
    {
        if (code.Length < 2 || code[0] != 0xFF || code[1] != StartOfImage)
            throw DecodeException.Damaged("does not begin as a JPEG");
        _code = code;
        Position = 2;
    }

    /// <summary>The byte after the last segment; a scan's code begins there.</summary>
    public int Position { get; set; }

    /// <param name="segment">What belongs to the marker, without its length.</param>
    /// <exception cref="DecodeException">The code ends before its end marker.</exception>
    public byte Next(out ReadOnlySpan<byte> segment)
    {
        // Whatever a scan leaves behind is passed over up to the next marker.
        while (true)
        {
            var skip = Position < _code.Length ? _code[Position..].IndexOf((byte)0xFF) : -1;
            if (skip < 0 || Position + skip + 1 >= _code.Length)
                throw DecodeException.Damaged("ends before the end of the JPEG");
            Position += skip + 1;
            if (_code[Position] is not (0x00 or 0xFF))
                break;
        }

        var marker = _code[Position++];
        segment = default;
        if (marker is EndOfImage or 0x01 or (>= 0xD0 and <= 0xD7))
            return marker;
        if (_code.Length - Position < 2 || BinaryPrimitives.ReadUInt16BigEndian(_code[Position..]) is var length && (length < 2 || length > _code.Length - Position))
            throw DecodeException.Damaged("has a JPEG segment that is cut short");
        segment = _code.Slice(Position + 2, length - 2);
        Position += length;
        return marker;
    }
}
