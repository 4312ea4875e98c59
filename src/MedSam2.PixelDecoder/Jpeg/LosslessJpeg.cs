using System.Buffers.Binary;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>
/// Lossless JPEG with Huffman codes (ITU-T T.81 annex H, DICOM's process 14): all seven predictors, 2 to 16 bits, point
/// transform, restarts, components together or in scans of their own. Written here because JpegLibrary takes the
/// predictor of the scan on first lines, too, where the standard wants the pixel before, and averages 16-bit samples as
/// signed ones: only selection value 1 comes out right.
/// </summary>
internal sealed class LosslessJpeg
{
    private readonly JpegHeader _header;
    private readonly HuffmanTable?[] _tables = new HuffmanTable?[4];
    private readonly ushort[] _samples;
    private readonly int _stride;
    private int _restartInterval;

    private LosslessJpeg(JpegHeader header)
    {
        _header = header;
        _stride = header.Columns * header.Components.Length;
        _samples = new ushort[_stride * header.Rows];
    }

    public static byte[] Decode(ReadOnlySpan<byte> code, JpegHeader header, FrameShape shape)
    {
        if (header.Precision < 2)
            throw DecodeException.Damaged($"holds lossless JPEG samples of {header.Precision} bits");
        if (header.Components.Any(c => c is not { Horizontal: 1, Vertical: 1 }))
            throw DecodeException.Unsupported("holds lossless JPEG components of different sizes");

        var frame = new LosslessJpeg(header);
        frame.DecodeScans(code);
        var stored = new DecodedSamples(shape, header.Precision);
        for (var n = 0; n < frame._samples.Length; n++)
            stored.Set(n, frame._samples[n]);
        return stored.Bytes;
    }

    private void DecodeScans(ReadOnlySpan<byte> code)
    {
        var markers = new JpegMarkers(code);
        for (var left = _header.Components.Length; left > 0;)
        {
            switch (markers.Next(out var segment))
            {
                case JpegMarkers.HuffmanTables:
                    HuffmanTable.ReadSegment(segment, _tables);
                    break;
                case JpegMarkers.RestartInterval when segment.Length >= 2:
                    _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case JpegMarkers.StartOfScan:
                    var scan = ReadScan(segment);
                    left -= scan.Components.Length;
                    markers.Position = DecodeScan(code, markers.Position, scan);
                    break;
                case JpegMarkers.EndOfImage:
                    throw DecodeException.Damaged("ends before its last component");
            }
        }
    }

    private Scan ReadScan(ReadOnlySpan<byte> segment)
    {
        var count = segment.Length > 0 ? segment[0] : 0;
        if (count is < 1 or > 4 || segment.Length < 4 + (2 * count))
            throw DecodeException.Damaged("has a JPEG scan header that is cut short");
        var (places, tables) = (new int[count], new HuffmanTable[count]);
        for (var n = 0; n < count; n++)
        {
            var (id, table) = (segment[1 + (2 * n)], segment[2 + (2 * n)] >> 4);
            places[n] = Array.FindIndex(_header.Components, c => c.Id == id);
            if (places[n] < 0 || table > 3 || _tables[table] is not { } known)
                throw DecodeException.Damaged("has a JPEG scan of a component or table that is not there");
            tables[n] = known;
        }

        var (predictor, shift) = (segment[1 + (2 * count)], segment[3 + (2 * count)] & 15);
        if (predictor is < 1 or > 7 || shift >= _header.Precision)
            throw DecodeException.Damaged($"has a lossless JPEG scan with predictor {predictor} and point transform {shift}");
        if (_restartInterval % _header.Columns != 0)
            throw DecodeException.Damaged("has JPEG restarts within a line");
        return new(places, tables, predictor, shift);
    }

    /// <returns>Where the scan ends.</returns>
    private int DecodeScan(ReadOnlySpan<byte> code, int position, Scan scan)
    {
        var bits = new ScanBits(code, position);
        var linesBetweenRestarts = _restartInterval / _header.Columns;
        for (var row = 0; row < _header.Rows; row++)
        {
            var isFirst = row == 0;
            if (row > 0 && linesBetweenRestarts > 0 && row % linesBetweenRestarts == 0)
            {
                bits.Restart();
                isFirst = true;
            }

            DecodeLine(ref bits, row, isFirst, scan);
        }

        if (scan.Shift > 0)
            Raise(scan);
        return bits.Position;
    }

    private void DecodeLine(ref ScanBits bits, int row, bool isFirst, Scan scan)
    {
        var step = _header.Components.Length;
        var line = _samples.AsSpan(row * _stride, _stride);
        var above = row > 0 ? _samples.AsSpan((row - 1) * _stride, _stride) : default;
        for (var start = 0; start < _stride; start += step)
        {
            for (var n = 0; n < scan.Components.Length; n++)
            {
                var at = start + scan.Components[n];
                int prediction;
                if (isFirst)
                    prediction = start == 0 ? 1 << (_header.Precision - scan.Shift - 1) : line[at - step];
                else if (start == 0)
                    prediction = above[at];
                else
                    prediction = Predict(scan.Predictor, line[at - step], above[at], above[at - step]);
                line[at] = (ushort)(prediction + ReadDifference(ref bits, scan.Tables[n]));
            }
        }
    }

    /// <summary>Table H.1; the shifts are arithmetic ones.</summary>
    private static int Predict(int predictor, int left, int above, int aboveLeft) => predictor switch
    {
        1 => left,
        2 => above,
        3 => aboveLeft,
        4 => left + above - aboveLeft,
        5 => left + ((above - aboveLeft) >> 1),
        6 => above + ((left - aboveLeft) >> 1),
        _ => (left + above) >> 1,
    };

    /// <summary>A difference modulo 65536 (H.1.2.2): its category, then as many bits; category 16 is 32768 and has none.</summary>
    private static int ReadDifference(ref ScanBits bits, HuffmanTable table)
    {
        var category = table.Decode(bits.Peek16(), out var length);
        bits.Skip(length);
        switch (category)
        {
            case 0:
                return 0;
            case 16:
                return 32768;
            case > 16:
                throw DecodeException.Damaged("holds a difference of more than 16 bits");
        }

        var value = bits.Read(category);
        return value >> (category - 1) == 1 ? value : value - (1 << category) + 1;
    }

    private void Raise(Scan scan)
    {
        for (var start = 0; start < _samples.Length; start += _header.Components.Length)
        {
            foreach (var place in scan.Components)
                _samples[start + place] <<= scan.Shift;
        }
    }

    private sealed record Scan(int[] Components, HuffmanTable[] Tables, int Predictor, int Shift);
}
