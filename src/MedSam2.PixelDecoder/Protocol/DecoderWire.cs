using System.Buffers.Binary;
using System.Text;

namespace MedSam2.PixelDecoder.Protocol;

/// <summary>
/// Requests and answers as bytes: a head of little-endian 32-bit integers that begins with a mark and ends with the
/// length of what follows. Neither side trusts the other's lengths.
/// </summary>
public static class DecoderWire
{
    private const int Mark = 0x31445850; // PXD1
    private const int RequestFields = 7;
    private const int AnswerFields = 4;
    private const int MaxMessageBytes = 4096;

    public static void Write(Stream stream, DecodeRequest request)
    {
        var shape = request.Shape;
        WriteFields(stream, [Mark, (int)request.Coding, shape.Columns, shape.Rows, shape.Samples, shape.BitsAllocated, request.Code.Length]);
        stream.Write(request.Code.Span);
        stream.Flush();
    }

    /// <returns>The next request, or null where the stream has ended.</returns>
    /// <exception cref="InvalidDataException">The bytes are no request.</exception>
    public static DecodeRequest? ReadRequest(Stream stream)
    {
        Span<int> fields = stackalloc int[RequestFields];
        if (!ReadFields(stream, fields))
            return null;
        var shape = new FrameShape(fields[2], fields[3], fields[4], fields[5]);
        if (fields[0] != Mark || !shape.IsPossible || shape.FrameBytes > Array.MaxLength || fields[6] < 0)
            throw new InvalidDataException("The bytes are no request for a frame.");
        var code = new byte[fields[6]];
        stream.ReadExactly(code);
        return new((PixelCoding)fields[1], shape, code);
    }

    public static void Write(Stream stream, DecodeAnswer answer)
    {
        var content = answer.Status == DecodeStatus.Decoded ? answer.Pixels : Encoding.UTF8.GetBytes(answer.Message);
        var length = answer.Status == DecodeStatus.Decoded ? content.Length : Math.Min(content.Length, MaxMessageBytes);
        WriteFields(stream, [Mark, (int)answer.Status, (int)answer.Colours, length]);
        stream.Write(content, 0, length);
        stream.Flush();
    }

    /// <param name="stream">Where the answer comes from.</param>
    /// <param name="shape">The shape of the request: a decoded frame has this length, or it is no answer.</param>
    /// <exception cref="InvalidDataException">The bytes are no answer to that request.</exception>
    /// <exception cref="EndOfStreamException">The other side has gone.</exception>
    public static DecodeAnswer ReadAnswer(Stream stream, FrameShape shape)
    {
        Span<int> fields = stackalloc int[AnswerFields];
        if (!ReadFields(stream, fields))
            throw new EndOfStreamException();
        var (status, colours, length) = ((DecodeStatus)fields[1], (CodeColours)fields[2], fields[3]);
        var decoded = status == DecodeStatus.Decoded;
        if (fields[0] != Mark || !Enum.IsDefined(status) || !Enum.IsDefined(colours) || (decoded ? length != shape.FrameBytes : length is < 0 or > MaxMessageBytes))
            throw new InvalidDataException("The bytes are no answer about a frame.");
        var content = new byte[length];
        stream.ReadExactly(content);
        return decoded ? DecodeAnswer.Of(content, colours) : DecodeAnswer.Failure(status, Encoding.UTF8.GetString(content));
    }

    private static void WriteFields(Stream stream, ReadOnlySpan<int> fields)
    {
        Span<byte> bytes = stackalloc byte[fields.Length * sizeof(int)];
        for (var n = 0; n < fields.Length; n++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(n * sizeof(int))..], fields[n]);
        stream.Write(bytes);
    }

    private static bool ReadFields(Stream stream, Span<int> fields)
    {
        Span<byte> bytes = stackalloc byte[fields.Length * sizeof(int)];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read == 0)
            return false;
        if (read < bytes.Length)
            throw new EndOfStreamException();
        for (var n = 0; n < fields.Length; n++)
            fields[n] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(n * sizeof(int))..]);
        return true;
    }
}
