using System.Text;

namespace MedSam2.Studies.DicomWebClient.Multipart;

/// <summary>The buffer behind <see cref="MultipartRelatedReader"/>: lines, and content up to the next boundary.</summary>
internal sealed class BoundaryScanner(Stream body, MultipartLimits limits)
{
    /// <summary>Larger than a boundary with its line's rest can be, with room to read in large pieces.</summary>
    private const int BufferSize = 1 << 16;

    /// <summary>Blanks that may follow a boundary in its line.</summary>
    private const int MaxPadding = 64;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _start;
    private int _end;
    private bool _bodyEnded;
    private byte[] _delimiter = [];
    private int _newline;
    private bool _atContentStart;
    private bool _inContent;

    /// <summary>Whether the boundary that was passed last ends the body.</summary>
    public bool IsLastBoundary { get; private set; }

    /// <summary>Counts the parts, so that a part left behind knows it.</summary>
    public int Part { get; private set; }

    private Span<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The first boundary line tells how lines end in this body.</summary>
    public void UseBoundary(string boundary, string newline, bool isLast)
    {
        _delimiter = Encoding.Latin1.GetBytes(newline + boundary);
        _newline = newline.Length;
        IsLastBoundary = isLast;
    }

    /// <summary>A line and its end (CRLF or LF), or null at the end of the body.</summary>
    public async Task<(string Line, string Newline)?> ReadLineAsync(int budget, CancellationToken cancellationToken)
    {
        while (true)
        {
            var feed = Buffered.IndexOf((byte)'\n');
            var length = feed < 0 ? Buffered.Length : feed + 1;
            if (length > budget)
                throw new MultipartFormatException($"The headers of a multipart part, or what stands before the first one, are longer than {limits.MaxHeaderBytes} bytes.");
            if (feed >= 0)
            {
                var carriage = feed > 0 && Buffered[feed - 1] == '\r';
                var line = Encoding.Latin1.GetString(Buffered[..(carriage ? feed - 1 : feed)]);
                _start += length;
                return (line, carriage ? "\r\n" : "\n");
            }

            if (_bodyEnded)
            {
                if (length == 0)
                    return null;
                var rest = Encoding.Latin1.GetString(Buffered);
                _start = _end;
                return (rest, "\r\n");
            }

            await FillAsync(cancellationToken);
        }
    }

    /// <summary>From here on comes a part's content; a boundary may follow at once.</summary>
    public void BeginContent()
    {
        Part++;
        _inContent = _atContentStart = true;
    }

    /// <summary>Copies content; 0 where a boundary was met and passed.</summary>
    public async Task<int> ReadContentAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        while (_inContent)
        {
            // What a boundary and the rest of its line need, so that the look at it is never cut.
            while (!_bodyEnded && Buffered.Length < _delimiter.Length + MaxPadding + 2)
                await FillAsync(cancellationToken);

            var skip = 0;
            // An empty part of some senders: the blank line after the headers is also the boundary's own line end.
            if (_atContentStart && Buffered.StartsWith(_delimiter.AsSpan(_newline)) && TryPassBoundary(_delimiter.Length - _newline))
                return 0;

            _atContentStart = false;
            var found = Buffered.IndexOf(_delimiter);
            if (found == 0)
            {
                if (TryPassBoundary(_delimiter.Length))
                    return 0;
                // Content that begins like a boundary: its first byte is content for sure.
                skip = 1;
                found = Buffered[1..].IndexOf(_delimiter) is var next && next >= 0 ? next + 1 : -1;
            }

            // Without a boundary in sight, its beginning may still be at the end of the buffer.
            var safe = found >= 0 ? found : Math.Max(skip, Buffered.Length - (_delimiter.Length - 1));
            if (safe > 0 && (found >= 0 || !_bodyEnded))
            {
                var count = Math.Min(safe, target.Length);
                Buffered[..count].CopyTo(target.Span);
                _start += count;
                return count;
            }

            if (_bodyEnded)
                throw new MultipartFormatException("The multipart body ends in the middle of a part: it is cut short.");
            await FillAsync(cancellationToken);
        }

        return 0;
    }

    /// <summary>Passes the boundary at the start of the buffer, if what follows in its line makes it one.</summary>
    private bool TryPassBoundary(int length)
    {
        var rest = Buffered[length..];
        if (rest.StartsWith("--"u8))
        {
            IsLastBoundary = true;
            _inContent = false;
            _start += length + 2;
            return true;
        }

        var padding = rest.IndexOfAnyExcept((byte)' ', (byte)'\t');
        if (padding is < 0 or > MaxPadding)
            return false;
        var line = rest[padding..];
        var newline = line.StartsWith("\r\n"u8) ? 2 : line.StartsWith("\n"u8) ? 1 : 0;
        if (newline == 0)
            return false;
        _inContent = false;
        _start += length + padding + newline;
        return true;
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            Buffered.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _bodyEnded = read == 0;
    }
}
