using FellowOakDicom;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.DicomWebClient.Cache;
using MedSam2.Studies.DicomWebClient.Retrieving;
using MedSam2.Studies.DicomWebClient.Storing;
using MedSam2.TestSupport;

namespace MedSam2.Studies.Tests.DicomWebClient;

/// <summary>A client with short time limits, a cache and a folder of its own.</summary>
internal sealed class ArchiveBench : IDisposable
{
    private readonly TestSupport.TemporaryFolder _folder = new();

    public ArchiveBench(string url, Action<ArchiveOptions>? change = null)
    {
        var options = new ArchiveOptions
        {
            Url = url,
            UserName = OrthancArchive.UserName,
            Password = OrthancArchive.Password,
            AnswerSeconds = 20,
            StallSeconds = 1,
            RetrySeconds = 1,
            Retries = 1,
            CheckSeconds = 0,
        };
        change?.Invoke(options);
        Client = new ArchiveClient(options);
        Cache = new InstanceCache(Path.Combine(_folder.Path, "cache"), options.CacheMegabytes * 1024L * 1024);
        Fetcher = new SeriesFetcher(Client, Cache);
    }

    public ArchiveClient Client { get; }

    public InstanceCache Cache { get; }

    public SeriesFetcher Fetcher { get; }

    public string Folder => _folder.Path;

    public static byte[] Bytes(DicomFile file)
    {
        using var stream = new MemoryStream();
        file.Save(stream);
        return stream.ToArray();
    }

    public InstanceToSend Save(DicomFile file)
    {
        var path = _folder.File(Guid.NewGuid().ToString("N"));
        file.Save(path);
        return InstanceToSend.Read(path);
    }

    public InstanceToSend[] Save(params IEnumerable<DicomFile> files) => [.. files.Select(Save)];

    public void Dispose()
    {
        Client.Dispose();
        _folder.Dispose();
    }
}
