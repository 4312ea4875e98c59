using System.Text;
using MedSam2.Studies.DicomWebClient.Multipart;
using Xunit;

namespace MedSam2.Studies.Tests.DicomWebClient;

/// <summary>The multipart reader against well-formed, sloppy and hostile bodies, delivered in pieces of every size.</summary>
public sealed class MultipartReaderTests
{
    private static readonly byte[] Binary = [.. Enumerable.Range(0, 4000).Select(n => (byte)(n * 7))];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(61)]
    [InlineData(100_000)]
    public async Task Pieces_of_any_size_give_the_same_parts(int piece)
    {
        var large = Enumerable.Range(0, 200_000).Select(n => (byte)(n * n % 251)).ToArray();
        var body = Body("\r\n", "b1", Binary, [], large);

        var parts = await ReadAsync(body, "b1", piece);

        Assert.Equal([Binary, [], large], parts.Select(p => p.Content));
        Assert.All(parts, p => Assert.Equal("application/dicom", p.Type));
    }

    [Fact]
    public async Task Lines_that_end_with_line_feeds_alone_are_read() =>
        Assert.Equal([Binary, Binary], Contents(await ReadAsync(Body("\n", "b1", Binary, Binary), "b1")));

    [Theory]
    [InlineData(null, "the first line counts")]
    [InlineData("--b1", "the dashes belong to the line only")]
    public async Task A_boundary_told_wrongly_is_found(string? told, string why) =>
        Assert.True(Contents(await ReadAsync(Body("\r\n", "b1", Binary), told)) is [var content] && content.SequenceEqual(Binary), why);

    [Fact]
    public async Task A_preamble_an_epilogue_and_blanks_after_the_boundary_are_passed()
    {
        var body = Text("This is a multi-part message.\r\n\r\n--b1  \t\r\nContent-Type: a/b\r\n\r\nx\r\n--b1 \r\n\r\ny\r\n--b1--\r\nmore\r\n--b1\r\n\r\nz\r\n--b1--");
        Assert.Equal(["x", "y"], Contents(await ReadAsync(body, "b1", piece: 5)).Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public async Task Content_that_begins_like_a_boundary_stays_content()
    {
        var tricky = Text("\r\n--b1x\r\n--b\r\n-\r\n\r\n--b1-\r\n--b12--\r\n--b1 z");
        Assert.Equal([tricky, tricky], Contents(await ReadAsync(Body("\r\n", "b1", tricky, tricky), "b1", piece: 7)));
    }

    [Fact]
    public async Task A_part_without_content_or_without_headers_is_read()
    {
        var body = Text("--b1\r\n\r\n--b1\r\nContent-Type: a/b\r\n\r\n\r\n--b1\r\n\r\nx\r\n--b1--");
        Assert.Equal(["", "", "x"], Contents(await ReadAsync(body, "b1")).Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public async Task Wrong_lengths_of_parts_are_not_believed()
    {
        var body = Text("--b1\r\nContent-Length: 999999\r\nContent-Type: a/b\r\n\r\nhello\r\n--b1\r\nContent-Length: 1\r\n\r\nworld\r\n--b1--");
        Assert.Equal(["hello", "world"], Contents(await ReadAsync(body, "b1")).Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public async Task Headers_may_be_folded_and_in_any_case()
    {
        var body = Text("--b1\r\ncontent-TYPE: application/dicom;\r\n  transfer-syntax=1.2.3\r\nnonsense\r\n\r\nx\r\n--b1--");
        var reader = new MultipartRelatedReader(new MemoryStream(body), "b1");
        var part = await reader.ReadPartAsync(Stop);
        Assert.Equal("application/dicom", part!.ContentType.Type);
        Assert.Equal("1.2.3", part.ContentType["transfer-syntax"]);
    }

    [Fact]
    public async Task A_part_that_is_not_read_is_skipped_and_gives_nothing_later()
    {
        var reader = new MultipartRelatedReader(new MemoryStream(Body("\r\n", "b1", Binary, Text("second"))), "b1");
        var first = await reader.ReadPartAsync(Stop);
        var second = await reader.ReadPartAsync(Stop);
        Assert.Equal(0, await first!.Content.ReadAsync(new byte[10], Stop));
        Assert.Equal("second", Encoding.ASCII.GetString(await AllAsync(second!.Content)));
        Assert.Null(await reader.ReadPartAsync(Stop));
        Assert.Null(await reader.ReadPartAsync(Stop));
    }

    [Fact]
    public async Task A_body_cut_anywhere_before_its_last_boundary_is_refused()
    {
        var body = Body("\r\n", "b1", Text("hello"), Text("world"));
        var whole = Encoding.ASCII.GetString(body).LastIndexOf("--b1--", StringComparison.Ordinal) + 6;
        for (var length = 0; length < whole; length++)
            await Assert.ThrowsAsync<MultipartFormatException>(() => ReadAsync(body[..length], "b1"));
        Assert.Equal(2, (await ReadAsync(body[..whole], "b1")).Count);
    }

    [Fact]
    public async Task Limits_hold()
    {
        var limits = new MultipartLimits(MaxParts: 2, MaxHeaderBytes: 100, MaxPartBytes: 1000);
        await Assert.ThrowsAsync<MultipartFormatException>(() => ReadAsync(Body("\r\n", "b1", [], [], []), "b1", limits: limits));
        await Assert.ThrowsAsync<MultipartFormatException>(() => ReadAsync(Body("\r\n", "b1", new byte[1001]), "b1", limits: limits));
        await Assert.ThrowsAsync<MultipartFormatException>(() => ReadAsync(Text(new string('x', 200)), "b1", limits: limits));
        await Assert.ThrowsAsync<MultipartFormatException>(() => ReadAsync(Text($"--b1\r\nA: {new string('x', 200)}\r\n\r\n\r\n--b1--"), "b1", limits: limits));
    }

    /// <summary>Seeded: each mutation gives parts or the one exception, and no more content than there are bytes.</summary>
    [Fact]
    public async Task Mutations_give_parts_or_a_clear_refusal()
    {
        var random = new Random(20_260);
        var original = Body("\r\n", "b1", Text("hello\r\n--b1x"), [], Binary[..300]);
        var refused = 0;
        for (var n = 0; n < 5000; n++)
        {
            var body = (byte[])original.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var at = random.Next(body.Length);
                switch (random.Next(3))
                {
                    case 0:
                        body[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        body = [.. body[..at], .. body[Math.Min(body.Length, at + random.Next(20))..]];
                        break;
                    default:
                        body = [.. body[..at], .. "\r\n--b1\r\n\r\n"u8[..random.Next(11)], .. body[at..]];
                        break;
                }

                if (body.Length == 0)
                    body = [0];
            }

            try
            {
                var parts = await ReadAsync(body, random.Next(2) == 0 ? "b1" : null, random.Next(1, 40));
                Assert.True(parts.Sum(p => p.Content.Length) <= body.Length);
            }
            catch (MultipartFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 100, 4900);
    }

    [Theory]
    [InlineData("multipart/related; type=\"application/dicom\"; boundary=abc", "abc")]
    [InlineData("Multipart/Related;boundary=\"a;b c\";type=application/dicom", "a;b c")]
    [InlineData("multipart/related; type=application/dicom; boundary=a=b/c==", "a=b/c==")]
    [InlineData("multipart/related;; boundary = 'abc' ; boundary=zzz", "abc")]
    [InlineData("multipart/related; boundary=\"abc", "abc")]
    [InlineData("multipart/related; boundary=", null)]
    [InlineData("multipart/related", null)]
    public void Sloppy_content_types_tell_their_boundary(string text, string? boundary)
    {
        var type = SloppyMediaType.Parse(text);
        Assert.True(type.IsMultipart);
        Assert.Equal(boundary, type["Boundary"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(";;;=;\"")]
    public void Nonsense_is_no_multipart(string? text) => Assert.False(SloppyMediaType.Parse(text).IsMultipart);

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] Body(string newline, string boundary, params byte[][] contents)
    {
        using var body = new MemoryStream();
        foreach (var content in contents)
        {
            body.Write(Text($"--{boundary}{newline}Content-Type: application/dicom{newline}{newline}"));
            body.Write(content);
            body.Write(Text(newline));
        }

        body.Write(Text($"--{boundary}--{newline}"));
        return body.ToArray();
    }

    private static byte[][] Contents(List<(string Type, byte[] Content)> parts) => [.. parts.Select(p => p.Content)];

    private static async Task<List<(string Type, byte[] Content)>> ReadAsync(byte[] body, string? boundary, int piece = 1000, MultipartLimits? limits = null)
    {
        var reader = new MultipartRelatedReader(new PiecewiseStream(body, piece), boundary, limits);
        var parts = new List<(string, byte[])>();
        while (await reader.ReadPartAsync(Stop) is { } part)
            parts.Add((part.ContentType.Type, await AllAsync(part.Content)));
        return parts;
    }

    private static async Task<byte[]> AllAsync(Stream stream)
    {
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, Stop);
        return memory.ToArray();
    }

    /// <summary>Gives its bytes in pieces, as a network does.</summary>
    private sealed class PiecewiseStream(byte[] content, int piece) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
