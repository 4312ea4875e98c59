namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>One bzip2 block: Huffman codes, move-to-front, Burrows-Wheeler and the outer run lengths, undone.</summary>
internal sealed class Bzip2Block
{
    private const int MaxCodeLength = 20;
    private const int GroupSize = 50;

    private static readonly uint[] ChecksumTable = MakeChecksumTable();

    private readonly uint[] _links;
    private readonly uint _expectedChecksum;
    private uint _checksum = uint.MaxValue;
    private uint _position;
    private int _remaining;
    private int _last = -1;
    private int _runLength;
    private int _repeats;

    private Bzip2Block(uint[] links, int start, uint expectedChecksum)
    {
        (_links, _remaining, _expectedChecksum) = (links, links.Length, expectedChecksum);
        _position = links.Length == 0 ? 0 : links[start] >> 8;
    }

    public static Bzip2Block Read(Bzip2BitReader bits, int capacity)
    {
        var checksum = bits.Read32();
        if (bits.Read(1) != 0)
            throw new ImageFormatException("The bzip2 data use the randomisation that was given up in 1999. Compress the file again.");
        var start = bits.Read(24);
        var alphabet = ReadAlphabet(bits);
        var tableCount = bits.Read(3);
        var selectorCount = bits.Read(15);
        if (alphabet.Length == 0 || tableCount is < 2 or > 6 || selectorCount == 0)
            throw Bzip2Stream.Damaged();
        var selectors = ReadSelectors(bits, selectorCount, tableCount);
        var tables = new HuffmanTable[tableCount];
        for (var n = 0; n < tableCount; n++)
            tables[n] = HuffmanTable.Read(bits, alphabet.Length + 2);

        var last = ReadSymbols(bits, alphabet, selectors, tables, capacity);
        return start < last.Length ? new Bzip2Block(InvertBurrowsWheeler(last), start, checksum) : throw Bzip2Stream.Damaged();
    }

    /// <summary>Fills as much of the buffer as the block still has.</summary>
    public int Read(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            if (_repeats > 0)
            {
                _repeats--;
                buffer[filled++] = Emit((byte)_last);
                continue;
            }

            if (_remaining == 0)
                break;
            _remaining--;
            var link = _links[_position];
            _position = link >> 8;
            var value = (byte)link;
            if (_runLength == 4)
            {
                (_repeats, _runLength) = (value, 0);
                continue;
            }

            _runLength = value == _last && _runLength > 0 ? _runLength + 1 : 1;
            _last = value;
            buffer[filled++] = Emit(value);
        }

        return filled;
    }

    public uint FinishChecksum() => ~_checksum == _expectedChecksum ? _expectedChecksum : throw Bzip2Stream.Damaged();

    private byte Emit(byte value)
    {
        _checksum = (_checksum << 8) ^ ChecksumTable[(_checksum >> 24) ^ value];
        return value;
    }

    private static byte[] ReadAlphabet(Bzip2BitReader bits)
    {
        var used = bits.Read(16);
        var alphabet = new List<byte>();
        for (var row = 0; row < 16; row++)
        {
            if ((used & (0x8000 >> row)) == 0)
                continue;
            var columns = bits.Read(16);
            for (var column = 0; column < 16; column++)
            {
                if ((columns & (0x8000 >> column)) != 0)
                    alphabet.Add((byte)((row * 16) + column));
            }
        }

        return [.. alphabet];
    }

    private static byte[] ReadSelectors(Bzip2BitReader bits, int count, int tableCount)
    {
        var order = Enumerable.Range(0, tableCount).Select(n => (byte)n).ToArray();
        var selectors = new byte[count];
        for (var n = 0; n < count; n++)
        {
            var index = 0;
            while (bits.Read(1) == 1)
            {
                if (++index == tableCount)
                    throw Bzip2Stream.Damaged();
            }

            selectors[n] = MoveToFront(order, index);
        }

        return selectors;
    }

    private static byte[] ReadSymbols(Bzip2BitReader bits, byte[] alphabet, byte[] selectors, HuffmanTable[] tables, int capacity)
    {
        var end = alphabet.Length + 1;
        var output = new List<byte>();
        long run = 0, place = 1;
        for (var n = 0; ; n++)
        {
            if (n / GroupSize >= selectors.Length)
                throw Bzip2Stream.Damaged();
            var symbol = tables[selectors[n / GroupSize]].Decode(bits);
            if (symbol <= 1)
            {
                run += place << symbol;
                place <<= 1;
                if (run > capacity)
                    throw Bzip2Stream.Damaged();
                continue;
            }

            if (output.Count + run > capacity)
                throw Bzip2Stream.Damaged();
            for (; run > 0; run--)
                output.Add(alphabet[0]);
            place = 1;
            if (symbol == end)
                return [.. output];
            if (output.Count == capacity)
                throw Bzip2Stream.Damaged();
            output.Add(MoveToFront(alphabet, symbol - 1));
        }
    }

    private static byte MoveToFront(byte[] order, int index)
    {
        var value = order[index];
        Array.Copy(order, 0, order, 1, index);
        return order[0] = value;
    }

    /// <summary>For each place: the byte there, and the place of the byte that follows it in the text (shifted by 8).</summary>
    private static uint[] InvertBurrowsWheeler(byte[] last)
    {
        Span<int> next = stackalloc int[256];
        foreach (var value in last)
            next[value]++;
        for (int value = 0, sum = 0; value < 256; value++)
            (next[value], sum) = (sum, sum + next[value]);

        var links = new uint[last.Length];
        for (var n = 0; n < last.Length; n++)
            links[n] = last[n];
        for (var n = 0; n < last.Length; n++)
            links[next[last[n]]++] |= (uint)n << 8;
        return links;
    }

    private static uint[] MakeChecksumTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var value = n << 24;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 0x80000000) != 0 ? (value << 1) ^ 0x04C11DB7 : value << 1;
            table[n] = value;
        }

        return table;
    }

    /// <summary>A canonical Huffman code, decoded length by length.</summary>
    private sealed class HuffmanTable(int[] limits, int[] offsets, int[] symbols)
    {
        public static HuffmanTable Read(Bzip2BitReader bits, int symbolCount)
        {
            var lengths = new int[symbolCount];
            var length = bits.Read(5);
            for (var n = 0; n < symbolCount; n++)
            {
                while (true)
                {
                    if (length is < 1 or > MaxCodeLength)
                        throw Bzip2Stream.Damaged();
                    if (bits.Read(1) == 0)
                        break;
                    length += bits.Read(1) == 0 ? 1 : -1;
                }

                lengths[n] = length;
            }

            var symbols = Enumerable.Range(0, symbolCount).OrderBy(n => lengths[n]).ToArray();
            var (limits, offsets) = (new int[MaxCodeLength + 1], new int[MaxCodeLength + 1]);
            for (int size = 1, code = 0, index = 0; size <= MaxCodeLength; size++, code <<= 1)
            {
                var count = lengths.Count(n => n == size);
                offsets[size] = index - code;
                code += count;
                index += count;
                limits[size] = code;
            }

            return new HuffmanTable(limits, offsets, symbols);
        }

        public int Decode(Bzip2BitReader bits)
        {
            var code = 0;
            for (var size = 1; size <= MaxCodeLength; size++)
            {
                code = (code << 1) | bits.Read(1);
                if (code >= limits[size])
                    continue;
                var index = offsets[size] + code;
                return (uint)index < (uint)symbols.Length ? symbols[index] : throw Bzip2Stream.Damaged();
            }

            throw Bzip2Stream.Damaged();
        }
    }
}
