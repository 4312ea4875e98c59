namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>A Huffman code as a JPEG transmits it: how many codes of each length, and their symbols in order (ITU-T T.81 annex C).</summary>
internal sealed class HuffmanTable
{
    public const int MaxLength = 16;

    private const int QuickBits = 9;

    // Length in the upper byte and symbol in the lower; zero where the code is longer.
    private readonly ushort[] _quick = new ushort[1 << QuickBits];
    private readonly int[] _lastCode = new int[MaxLength + 1];
    private readonly int[] _offset = new int[MaxLength + 1];
    private readonly byte[] _symbols;

    private HuffmanTable(ReadOnlySpan<byte> counts, byte[] symbols)
    {
        _symbols = symbols;
        for (int length = 1, code = 0, first = 0; length <= MaxLength; length++, code <<= 1)
        {
            var count = counts[length - 1];
            if (code + count > 1 << length)
                throw DecodeException.Damaged("has a Huffman table with more codes than fit");
            _offset[length] = first - code;
            for (var n = 0; length <= QuickBits && n < count; n++)
                _quick.AsSpan((code + n) << (QuickBits - length), 1 << (QuickBits - length)).Fill((ushort)((length << 8) | symbols[first + n]));
            code += count;
            first += count;
            _lastCode[length] = count == 0 ? -1 : code - 1;
        }
    }

    /// <summary>Reads the tables of one DHT segment into their places; those of AC coefficients are passed over.</summary>
    public static void ReadSegment(ReadOnlySpan<byte> segment, HuffmanTable?[] tables)
    {
        while (segment.Length > 0)
        {
            var total = 0;
            for (var n = 1; n <= MaxLength && n < segment.Length; n++)
                total += segment[n];
            if (segment.Length < 1 + MaxLength + total || total > 256 || (segment[0] & 15) >= tables.Length)
                throw DecodeException.Damaged("has a Huffman table that is cut short");
            if (segment[0] >> 4 == 0)
                tables[segment[0] & 15] = new(segment.Slice(1, MaxLength), segment.Slice(1 + MaxLength, total).ToArray());
            segment = segment[(1 + MaxLength + total)..];
        }
    }

    /// <param name="next">The next 16 bits of the code.</param>
    /// <param name="length">Bits that the symbol takes.</param>
    /// <exception cref="DecodeException">No code begins like this.</exception>
    public int Decode(int next, out int length)
    {
        var quick = _quick[next >> (MaxLength - QuickBits)];
        if (quick != 0)
        {
            length = quick >> 8;
            return quick & 0xFF;
        }

        for (length = QuickBits + 1; length <= MaxLength; length++)
        {
            var code = next >> (MaxLength - length);
            if (_lastCode[length] >= 0 && code <= _lastCode[length] && code + _offset[length] >= 0)
                return _symbols[code + _offset[length]];
        }

        throw DecodeException.Damaged("holds a code that its Huffman table does not have");
    }
}
