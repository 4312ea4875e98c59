using MedSam2.Studies.Writing;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Archive;

/// <summary>The whole server with Orthanc as its archive, which holds <see cref="TestSeries"/>, and a proxy between them to spoil the line.</summary>
public sealed class ArchiveServer : IAsyncLifetime
{
    private OrthancArchive? _orthanc;
    private FaultyProxy? _proxy;

    public RunningServer Server { get; } = new();

    public OrthancArchive Orthanc => _orthanc!;

    public FaultyProxy Proxy => _proxy!;

    public HttpClient Http => Server.Http;

    public async ValueTask InitializeAsync()
    {
        _orthanc = await OrthancArchive.StartAsync();
        foreach (var file in CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description))
            await _orthanc.AddAsync(Bytes(file));
        _proxy = new FaultyProxy(_orthanc.Root);
        await Server.StartAsync(
            "--MedSam2:Studies=", $"--MedSam2:Archive:Url={_proxy.Url}", $"--MedSam2:Archive:UserName={OrthancArchive.UserName}", $"--MedSam2:Archive:Password={OrthancArchive.Password}",
            "--MedSam2:Archive:Retries=1", "--MedSam2:Archive:RetrySeconds=1", "--MedSam2:Archive:StallSeconds=1", "--MedSam2:Archive:ResendSeconds=3600");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        if (_orthanc is not null)
            await _orthanc.DisposeAsync();
    }

    internal static byte[] Bytes(FellowOakDicom.DicomFile file)
    {
        using var stream = new MemoryStream();
        file.Save(stream);
        return stream.ToArray();
    }
}
