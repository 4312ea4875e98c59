using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace MedSam2.Network.Catalog;

/// <summary>How far a download is.</summary>
/// <param name="Done">Bytes on disk, those of an earlier try included.</param>
/// <param name="Total">Bytes of the whole file, where known.</param>
public readonly record struct DownloadProgress(long Done, long? Total);

/// <summary>
/// Fetches a weights file: into <c>FILE.part</c>, from where an earlier try ended, and under its own name only once its size and
/// SHA-256 are right. A resumed download goes on only with the very file it began with: by the server's entity tag, or else by the hash.
/// </summary>
public sealed class ModelDownload(HttpClient client)
{
    private const long LargestFile = 16L << 30;
    private const int BufferSize = 1 << 16;

    /// <summary>A server that sends nothing for so long is given up; the next try goes on from there.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <param name="model">What to expect; size and hash are checked where they are known.</param>
    /// <param name="source">Where from: https, or http on this machine.</param>
    /// <param name="path">The file to make. If it is there and right, nothing is fetched.</param>
    /// <param name="progress">Told after each piece.</param>
    /// <param name="cancellation">Stops; what was fetched stays for the next try.</param>
    /// <returns>SHA-256 of the file.</returns>
    /// <exception cref="ModelDownloadException">It cannot be fetched, or is not the file that the catalog means.</exception>
    public async Task<string> FetchAsync(
        PublishedModel model, Uri source, string path, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(source);
        if (source.Scheme != Uri.UriSchemeHttps && !(source.Scheme == Uri.UriSchemeHttp && source.IsLoopback))
            throw new ModelDownloadException($"{source} is not fetched: weights come over https only.");
        if (File.Exists(path))
            return await VerifyAsync(model, path, path, cancellation);

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        var part = new PartialFile(path + ".part");
        try
        {
            await ReceiveAsync(model, source, part, progress, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            if (part.Length == 0)
                GiveUp();
            var cause = e is OperationCanceledException ? $"the server sent nothing for {Patience.TotalSeconds:0} seconds" : e.Message.TrimEnd('.');
            throw new ModelDownloadException($"{source}: {cause}. Ask again to go on from byte {part.Length.ToString(CultureInfo.InvariantCulture)}.", e);
        }

        string hash;
        try
        {
            hash = await VerifyAsync(model, part.Path, path, cancellation);
        }
        catch (ModelDownloadException)
        {
            GiveUp();
            throw;
        }

        File.Move(part.Path, path);
        part.Delete();
        return hash;

        // An empty folder would look like a model.
        void GiveUp()
        {
            part.Delete();
            if (isNew && !Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
        }
    }

    private async Task ReceiveAsync(
        PublishedModel model, Uri source, PartialFile part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        var start = part.CanResume(model.Sha256 is not null) ? part.Length : 0;
        if (start > 0 && start == model.Size)
            return;
        using var answer = await AskAsync(source, part, start, patience.Token);
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            part.Delete();
            throw new ModelDownloadException($"{source}: what an earlier try left does not fit the file there and was deleted. Ask again.");
        }

        if (!answer.IsSuccessStatusCode)
            throw new ModelDownloadException($"{source}: the server answers {(int)answer.StatusCode} {answer.ReasonPhrase}. Check the address, or give another with --url.");
        var resumes = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == start;
        if (answer.StatusCode == HttpStatusCode.PartialContent && !resumes)
            throw new ModelDownloadException($"{source}: the server sends another part of the file than asked for.");
        start = resumes ? start : 0;
        var total = answer.Content.Headers.ContentLength + start;
        if (model.Size is { } size && total is { } announced && announced != size)
            throw new ModelDownloadException($"{source}: the file has {announced} bytes, but {model.Name} has {size}. It is another file.");

        await using var file = part.Open(start, answer.Headers.ETag);
        await using var content = await answer.Content.ReadAsStreamAsync(patience.Token);
        await CopyAsync(content, file, start, total ?? model.Size, progress, patience, source);
    }

    private async Task CopyAsync(
        Stream content, FileStream file, long done, long? total, IProgress<DownloadProgress>? progress, CancellationTokenSource patience, Uri source)
    {
        var buffer = new byte[BufferSize];
        while (true)
        {
            patience.CancelAfter(Patience);
            var count = await content.ReadAsync(buffer, patience.Token);
            if (count == 0)
                break;
            done += count;
            if (done > (total ?? LargestFile))
                throw new ModelDownloadException($"{source}: the server sends more than the {total ?? LargestFile} bytes that the file may have.");
            await file.WriteAsync(buffer.AsMemory(0, count), patience.Token);
            progress?.Report(new(done, total));
        }

        if (total is { } expected && done < expected)
            throw new IOException($"the connection ended after {done} of {expected} bytes");
    }

    private async Task<HttpResponseMessage> AskAsync(Uri source, PartialFile part, long start, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        if (start > 0)
        {
            request.Headers.Range = new RangeHeaderValue(start, null);
            if (part.Tag is { } tag)
                request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static async Task<string> VerifyAsync(PublishedModel model, string path, string name, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        if (model.Size is { } size && file.Length != size)
            throw new ModelDownloadException($"{name} has {file.Length} bytes, but {model.Name} has {size}. Delete it and ask again.");
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
        return model.Sha256 is null || hash == model.Sha256
            ? hash
            : throw new ModelDownloadException($"{name} is not {model.Name}: its SHA-256 is {hash} instead of {model.Sha256}.");
    }
}
