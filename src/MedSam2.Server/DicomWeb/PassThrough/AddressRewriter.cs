using System.Text;

namespace MedSam2.Server.DicomWeb.PassThrough;

/// <summary>
/// Copies text and puts one address prefix in the place of others on the way, so that a viewer that follows an address in an
/// answer of the archive comes back to this server. Holds one buffer, whatever the length.
/// </summary>
internal sealed class AddressRewriter
{
    private const int BufferSize = 1 << 16;

    private readonly (byte[] Old, byte[] New)[] _pairs;
    private readonly int _longest;

    /// <param name="old">Prefixes to replace; the longest match counts.</param>
    /// <param name="replacement">What to put there.</param>
    public AddressRewriter(IEnumerable<string> old, string replacement)
    {
        // JSON may escape slashes.
        _pairs = [.. old.Distinct().OrderByDescending(text => text.Length)
            .SelectMany(text => new[] { (Bytes(text), Bytes(replacement)), (Bytes(Escape(text)), Bytes(Escape(replacement))) })];
        _longest = _pairs.Max(pair => pair.Old.Length);
    }

    public async Task CopyAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        var buffer = new byte[BufferSize];
        var length = 0;
        while (true)
        {
            var read = await from.ReadAsync(buffer.AsMemory(length), cancellation);
            length += read;
            var done = 0;
            // Near the end of what has come, a match may still grow into a longer one.
            while (Find(buffer.AsSpan(done, length - done)) is var (at, pair) && at >= 0 && (read == 0 || length - done - at >= _longest))
            {
                await to.WriteAsync(buffer.AsMemory(done, at), cancellation);
                await to.WriteAsync(_pairs[pair].New, cancellation);
                done += at + _pairs[pair].Old.Length;
            }

            // The beginning of an address may be at the end of what has come; what is next tells.
            var end = read == 0 ? length : Math.Max(done, length - _longest + 1);
            await to.WriteAsync(buffer.AsMemory(done, end - done), cancellation);
            if (read == 0)
                return;
            buffer.AsSpan(end, length - end).CopyTo(buffer);
            length -= end;
        }
    }

    /// <summary>The first match; at one place the first pair's, which is the longest.</summary>
    private (int At, int Pair) Find(ReadOnlySpan<byte> text)
    {
        var (first, found) = (-1, -1);
        for (var n = 0; n < _pairs.Length; n++)
        {
            var at = text.IndexOf(_pairs[n].Old);
            if (at >= 0 && (first < 0 || at < first))
                (first, found) = (at, n);
        }

        return (first, found);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Escape(string text) => text.Replace("/", "\\/", StringComparison.Ordinal);
}
