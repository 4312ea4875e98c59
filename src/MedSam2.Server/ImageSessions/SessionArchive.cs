using System.IO.Compression;
using MedSam2.Server.Errors;

namespace MedSam2.Server.ImageSessions;

/// <summary>Unpacks an uploaded ZIP: its files lie flat in the folder, numbered, whatever the archive calls them.</summary>
internal static class SessionArchive
{
    /// <param name="archive">The ZIP.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="mostFiles">More are refused.</param>
    /// <param name="mostBytes">More, unpacked, are refused.</param>
    /// <param name="cancellation">Stops the unpacking.</param>
    /// <exception cref="RequestException">It is no ZIP, is damaged, or passes a limit.</exception>
    public static async Task UnpackAsync(string archive, string folder, int mostFiles, long mostBytes, CancellationToken cancellation)
    {
        try
        {
            await using var zip = await ZipFile.OpenReadAsync(archive, cancellation);
            var entries = zip.Entries.Where(entry => entry.Name is not "").ToArray();
            if (entries.Length is 0 || entries.Length > mostFiles)
                throw RequestException.BadRequest($"The archive has {entries.Length} files, but must have 1 to {mostFiles}.");
            var left = mostBytes;
            foreach (var (entry, n) in entries.Select((entry, n) => (entry, n)))
            {
                await using var source = await entry.OpenAsync(cancellation);
                await using var target = File.Create(Path.Combine(folder, $"{n:D6}{SessionFiles.ExtensionOf(entry.Name)}"));
                left -= await CopyAsync(source, target, left, cancellation);
            }
        }
        catch (InvalidDataException exception)
        {
            throw RequestException.BadRequest($"The archive is no readable ZIP: {exception.Message}", exception);
        }
    }

    // What an archive says of its sizes need not be true.
    private static async Task<long> CopyAsync(Stream source, Stream target, long most, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        var copied = 0L;
        for (int count; (count = await source.ReadAsync(buffer, cancellation)) > 0;)
        {
            copied += count;
            if (copied > most)
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, "The archive's files are larger than this server accepts (setting MedSam2:Limits:UploadMegabytes).");
            await target.WriteAsync(buffer.AsMemory(0, count), cancellation);
        }

        return copied;
    }
}
