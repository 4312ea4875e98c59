using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace MedSam2.Server.Datastore;

/// <summary>SHA-256 of files, remembered as long as they do not change.</summary>
internal sealed class FileChecksums
{
    private readonly ConcurrentDictionary<string, (long Length, DateTime Modified, string Checksum)> _known = new(StringComparer.Ordinal);

    /// <returns><c>SHA256:</c> and lower-case hexadecimal digits.</returns>
    public async Task<string> OfAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(path);
        if (_known.TryGetValue(path, out var known) && known.Length == file.Length && known.Modified == file.LastWriteTimeUtc)
            return known.Checksum;
        await using var content = file.OpenRead();
        var checksum = "SHA256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
        _known[path] = (file.Length, file.LastWriteTimeUtc, checksum);
        return checksum;
    }

    /// <summary>Whether what a client has is this: it may leave <c>SHA256:</c> out.</summary>
    public static bool Match(string checksum, string asked) =>
        string.Equals(checksum, asked.StartsWith("SHA256:", StringComparison.OrdinalIgnoreCase) ? asked : "SHA256:" + asked, StringComparison.OrdinalIgnoreCase);
}
