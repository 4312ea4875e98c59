using System.Buffers.Binary;
using System.Globalization;

namespace MedSam2.Imaging.Formats.Nrrd;

/// <summary>The bytes that NRRD's text encodings stand for: hex digits, or decimal numbers given on as 64-bit floats.</summary>
internal sealed class TextStream(Stream text, bool hex) : Stream
{
    private const int MaxNumberLength = 64;

    private readonly byte[] _number = new byte[8];
    private readonly BufferedStream _text = new(text, 1 << 16);
    private int _used = 8;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            if (hex)
            {
                var (high, low) = (NextDigit(), NextDigit());
                if (low < 0)
                    break;
                buffer[filled++] = (byte)((high << 4) | low);
                continue;
            }

            if (_used == 8 && !NextNumber())
                break;
            buffer[filled++] = _number[_used++];
        }

        return filled;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int NextDigit()
    {
        int value;
        do
            value = _text.ReadByte();
        while (IsSeparator(value));
        if (value < 0)
            return -1;
        return char.IsAsciiHexDigit((char)value)
            ? Convert.ToInt32(((char)value).ToString(), 16)
            : throw new ImageFormatException("The hex-encoded NRRD data hold something that is not a hex digit. The file is damaged.");
    }

    private bool NextNumber()
    {
        int value;
        do
            value = _text.ReadByte();
        while (IsSeparator(value));
        if (value < 0)
            return false;

        Span<byte> word = stackalloc byte[MaxNumberLength];
        var length = 0;
        for (; value >= 0 && !IsSeparator(value) && length < MaxNumberLength; value = _text.ReadByte())
            word[length++] = (byte)value;
        if (length == MaxNumberLength || !double.TryParse(word[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            throw new ImageFormatException("The ASCII-encoded NRRD data hold something that is not a number. The file is damaged.");
        BinaryPrimitives.WriteDoubleLittleEndian(_number, number);
        _used = 0;
        return true;
    }

    private static bool IsSeparator(int value) => value is ' ' or '\t' or '\n' or '\r' or ',' or '\v' or '\f';
}
