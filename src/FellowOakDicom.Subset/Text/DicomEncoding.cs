using System.Text;

namespace FellowOakDicom;

/// <summary>The character sets of Specific Character Set (PS3.3 section C.12.1.1.2), with ISO 2022 escapes between them.</summary>
public static class DicomEncoding
{
    public static readonly Encoding Default = Encoding.ASCII;

    internal static readonly Encoding[] DefaultArray = [Default];

    private const byte Escape = 0x1b;

    private static readonly Dictionary<string, Encoding> ByCharset = MakeCharsets();

    // PS3.3 tables C.12-3 and C.12-4. The escapes of iso-2022-jp are the codec's own business and stay in the bytes.
    private static readonly (string Sequence, string Encoding)[] Escapes =
    [
        ("(B", "us-ascii"), ("-A", "iso-8859-1"), ("-B", "iso-8859-2"), ("-C", "iso-8859-3"), ("-D", "iso-8859-4"), ("-F", "iso-8859-7"), ("-G", "iso-8859-6"),
        ("-H", "iso-8859-8"), ("-L", "iso-8859-5"), ("-M", "iso-8859-9"), ("-T", "windows-874"), ("(J", "shift_jis"), (")I", "shift_jis"),
        ("$B", "iso-2022-jp"), ("$(D", "iso-2022-jp"), ("$)C", "x-cp20949"), ("$)A", "gb2312"),
    ];

    private static readonly Encoding Iso2022Jp = Encoding.GetEncoding("iso-2022-jp");

    private static readonly (byte[] Sequence, Encoding Encoding)[] EscapeTable =
        [.. Escapes.Select(entry => (Encoding.ASCII.GetBytes(entry.Sequence), Encoding.GetEncoding(entry.Encoding)))];

    /// <summary>The encoding of one value of Specific Character Set; ASCII where it is empty or unknown.</summary>
    public static Encoding GetEncoding(string charset)
    {
        var name = charset?.Trim().Replace("ISO IR", "ISO_IR", StringComparison.Ordinal).Replace("ISO-IR", "ISO_IR", StringComparison.Ordinal);
        return string.IsNullOrEmpty(name) ? Default : ByCharset.GetValueOrDefault(name, Default);
    }

    internal static Encoding[] GetEncodings(string[] charsets) => [.. charsets.Select(GetEncoding)];

    internal static string Decode(byte[] bytes, Encoding[] encodings, bool isPersonName)
    {
        if (encodings.Length < 2 || !bytes.AsSpan().Contains(Escape))
            return encodings[0].GetString(bytes);
        var text = new StringBuilder();
        for (var start = 0; start < bytes.Length;)
        {
            var next = bytes.AsSpan(start + 1).IndexOf(Escape);
            var end = next < 0 ? bytes.Length : start + 1 + next;
            DecodeFragment(bytes.AsSpan(start, end - start), encodings, isPersonName, text);
            start = end;
        }

        return text.ToString();
    }

    internal static byte[] Encode(string value, Encoding[] encodings, bool isPersonName)
    {
        if (TryEncode(value, encodings[0]) is { } simple)
            return simple;
        var bytes = new List<byte>();
        var delimiters = Delimiters(isPersonName);
        for (var start = 0; start <= value.Length;)
        {
            var length = value.AsSpan(start).IndexOfAny(delimiters);
            var end = length < 0 ? value.Length : start + length;
            bytes.AddRange(EncodeFragment(value[start..end], encodings));
            if (end < value.Length)
                bytes.Add((byte)value[end]);
            start = end + 1;
        }

        return [.. bytes];
    }

    private static void DecodeFragment(ReadOnlySpan<byte> fragment, Encoding[] encodings, bool isPersonName, StringBuilder text)
    {
        var encoding = encodings[0];
        if (fragment[0] == Escape)
        {
            var (escaped, skip) = AfterEscape(fragment, encodings);
            if (escaped.CodePage == Iso2022Jp.CodePage)
            {
                text.Append(escaped.GetString(fragment));
                return;
            }

            encoding = escaped;
            fragment = fragment[skip..];
        }

        // A delimiter ends the escape's reach (PS3.5 section 6.1.2.5.3).
        var reset = fragment.IndexOfAny(Encoding.ASCII.GetBytes(Delimiters(isPersonName)));
        if (reset < 0 || encoding.CodePage == encodings[0].CodePage)
        {
            text.Append(encoding.GetString(fragment));
            return;
        }

        text.Append(encoding.GetString(fragment[..reset])).Append(encodings[0].GetString(fragment[reset..]));
    }

    /// <summary>The encoding that an escape sequence switches to, ASCII where it was not declared, and the bytes of the sequence.</summary>
    private static (Encoding Encoding, int Length) AfterEscape(ReadOnlySpan<byte> fragment, Encoding[] encodings)
    {
        foreach (var (sequence, encoding) in EscapeTable)
        {
            if (fragment[1..].StartsWith(sequence))
                return (Array.Exists(encodings, declared => declared.CodePage == encoding.CodePage) ? encoding : Default, sequence.Length + 1);
        }

        var length = fragment.Length > 2 && fragment[1] == '$' && fragment[2] is (byte)'(' or (byte)')' ? 4 : 3;
        return (Default, Math.Min(length, fragment.Length));
    }

    private static byte[] EncodeFragment(string fragment, Encoding[] encodings)
    {
        if (TryEncode(fragment, encodings[0]) is { } plain)
            return plain;
        foreach (var encoding in encodings.Skip(1))
        {
            if (TryEncode(fragment, encoding) is not { } bytes)
                continue;
            if (encoding.CodePage == Iso2022Jp.CodePage)
                return bytes;
            var sequence = Array.Find(EscapeTable, entry => entry.Encoding.CodePage == encoding.CodePage).Sequence;
            if (sequence is not null)
                return [Escape, .. sequence, .. bytes];
        }

        return encodings[0].GetBytes(fragment);
    }

    private static byte[] TryEncode(string text, Encoding encoding)
    {
        try
        {
            return Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ReplacementFallback).GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    private static string Delimiters(bool isPersonName) => isPersonName ? "^=" : "\r\n\t\f";

    private static Dictionary<string, Encoding> MakeCharsets()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        (string Number, string Encoding)[] sets =
        [
            ("13", "shift_jis"), ("100", "iso-8859-1"), ("101", "iso-8859-2"), ("109", "iso-8859-3"), ("110", "iso-8859-4"), ("126", "iso-8859-7"), ("127", "iso-8859-6"),
            ("138", "iso-8859-8"), ("144", "iso-8859-5"), ("148", "iso-8859-9"), ("149", "x-cp20949"), ("166", "windows-874"),
        ];
        var charsets = new Dictionary<string, Encoding>(StringComparer.Ordinal)
        {
            ["ISO_IR 192"] = Encoding.UTF8,
            ["GBK"] = Encoding.GetEncoding("GBK"),
            ["GB18030"] = Encoding.GetEncoding("gb18030"),
            ["ISO 2022 IR 6"] = Encoding.ASCII,
            ["ISO 2022 IR 58"] = Encoding.GetEncoding("gb2312"),
            ["ISO 2022 IR 87"] = Encoding.GetEncoding("iso-2022-jp"),
            ["ISO 2022 IR 159"] = Encoding.GetEncoding("iso-2022-jp"),
            ["ISO 2022 GBK"] = Encoding.GetEncoding("GBK"),
        };
        foreach (var (number, name) in sets)
            charsets["ISO_IR " + number] = charsets["ISO 2022 IR " + number] = Encoding.GetEncoding(name);
        return charsets;
    }
}
