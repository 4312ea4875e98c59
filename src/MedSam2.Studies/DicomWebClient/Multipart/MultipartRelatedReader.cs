namespace MedSam2.Studies.DicomWebClient.Multipart;

/// <summary>
/// Reads <c>multipart/related</c> (RFC 2046, RFC 2387) part by part without holding more than a buffer of it. Trusts only
/// the boundary: lengths of parts may be missing or wrong, lines may end with LF alone, the boundary may be told wrongly or
/// not at all (then the first line that looks like one counts), and may be the beginning of a line of content. A body
/// without its last boundary is an error: nobody could tell it from one that was cut short. For one caller at a time.
/// </summary>
public sealed class MultipartRelatedReader
{
    private readonly BoundaryScanner _scanner;
    private readonly string? _boundary;
    private readonly MultipartLimits _limits;
    private int _parts;
    private bool _started;
    private bool _ended;

    /// <param name="body">Is read from where it stands, and not disposed.</param>
    /// <param name="boundary">As the Content-Type has it, or null where it has none.</param>
    /// <param name="limits">What is too much.</param>
    public MultipartRelatedReader(Stream body, string? boundary, MultipartLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        _limits = limits ?? MultipartLimits.Default;
        _boundary = boundary;
        _scanner = new BoundaryScanner(body, _limits);
    }

    /// <summary>The next part, or null after the last one. What is left of the part before is skipped.</summary>
    /// <exception cref="MultipartFormatException">The body is damaged.</exception>
    public async Task<MultipartPart?> ReadPartAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
            return null;
        if (!_started)
        {
            _started = true;
            await FindFirstBoundaryAsync(cancellationToken);
        }
        else
        {
            var skipped = new byte[1 << 14];
            while (await _scanner.ReadContentAsync(skipped, cancellationToken) > 0)
            {
            }
        }

        if (_scanner.IsLastBoundary)
        {
            _ended = true;
            return null;
        }

        if (++_parts > _limits.MaxParts)
            throw new MultipartFormatException($"The multipart body has more than {_limits.MaxParts} parts.");
        var headers = await ReadHeadersAsync(cancellationToken);
        _scanner.BeginContent();
        return new MultipartPart(headers, new PartStream(_scanner, _scanner.Part, _limits.MaxPartBytes));
    }

    private async Task FindFirstBoundaryAsync(CancellationToken cancellationToken)
    {
        var budget = _limits.MaxHeaderBytes;
        while (true)
        {
            var (line, newline) = await _scanner.ReadLineAsync(budget, cancellationToken)
                ?? throw new MultipartFormatException("The multipart body has no boundary in it: it is empty, cut short, or not multipart.");
            budget -= line.Length + newline.Length;
            if (FindBoundary(line.TrimEnd(' ', '\t')) is not { } boundary)
                continue;
            _scanner.UseBoundary(boundary, newline, isLast: line.TrimEnd(' ', '\t') == boundary + "--");
            return;
        }
    }

    /// <summary>The boundary with its dashes, where the line is one.</summary>
    private string? FindBoundary(string line)
    {
        if (!line.StartsWith("--", StringComparison.Ordinal) || line.Length <= 2 || line.Length > _limits.MaxBoundaryBytes + 4)
            return null;
        if (_boundary is null)
            return line;
        if (line == "--" + _boundary || line == "--" + _boundary + "--")
            return "--" + _boundary;
        // Some senders name the boundary with the dashes that only its lines have.
        return _boundary.StartsWith("--", StringComparison.Ordinal) && (line == _boundary || line == _boundary + "--") ? _boundary : null;
    }

    private async Task<Dictionary<string, string>> ReadHeadersAsync(CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var budget = _limits.MaxHeaderBytes;
        string? last = null;
        while (true)
        {
            var (line, newline) = await _scanner.ReadLineAsync(budget, cancellationToken)
                ?? throw new MultipartFormatException("The multipart body ends in the headers of a part: it is cut short.");
            budget -= line.Length + newline.Length;
            if (line is "")
                return headers;
            if (line[0] is ' ' or '\t' && last is not null)
            {
                headers[last] += " " + line.Trim();
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                continue;
            last = line[..colon].Trim();
            headers.TryAdd(last, line[(colon + 1)..].Trim());
        }
    }

    /// <summary>The content of the current part.</summary>
    private sealed class PartStream(BoundaryScanner scanner, int part, long limit) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (scanner.Part != part || buffer.IsEmpty)
                return 0;
            var count = await scanner.ReadContentAsync(buffer, cancellationToken);
            _read += count;
            return _read <= limit ? count : throw new MultipartFormatException($"A part of the multipart body is larger than {limit} bytes.");
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Parts are read asynchronously.");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
