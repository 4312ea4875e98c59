using FellowOakDicom;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.DicomWebClient.Storing;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store.Query;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.DicomWebClient;

/// <summary>The client against a real archive, directly and through a proxy that spoils the line.</summary>
public sealed class OrthancTests(OrthancArchiveFixture fixture) : IClassFixture<OrthancArchiveFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private OrthancArchive Orthanc => fixture.Orthanc;

    [Fact]
    public async Task A_series_comes_back_as_it_was_stored_and_from_the_cache_the_second_time()
    {
        var files = SyntheticSeries.Stack(7);
        await using var proxy = new FaultyProxy(Orthanc.Root);
        using var bench = new ArchiveBench(proxy.Url);
        Assert.All(await bench.Client.StoreAsync(bench.Save(files), Stop), sent => Assert.True(sent.IsStored, sent.Message));

        var volume = await ReadAsync(bench, files);
        var expected = new SeriesReader().Read(files, Stop);

        Assert.Equal(expected.Volume.Geometry, volume.Volume.Geometry);
        Assert.Equal(Values(expected), Values(volume));
        var before = proxy.Requests.Count;
        await ReadAsync(bench, files);
        Assert.DoesNotContain(proxy.Requests.Skip(before), r => !r.Contains("metadata", StringComparison.Ordinal) && !r.Contains("series?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_search_goes_on_to_the_last_page()
    {
        var files = SyntheticSeries.Stack(11);
        await Orthanc.AddAsync(files.Select(ArchiveBench.Bytes));
        using var bench = new ArchiveBench(Orthanc.Url, options => options.PageSize = 3);
        var query = new StudyQuery(QueryLevel.Instance) { StudyInstanceUid = Uid(files[0], DicomTag.StudyInstanceUID) };

        var found = await bench.Client.SearchAsync(query, Stop).ToArrayAsync(Stop);

        Assert.Equal(files.Select(f => Uid(f, DicomTag.SOPInstanceUID)).Order(), found.Select(d => d.GetString(DicomTag.SOPInstanceUID)).Order());
        Assert.Equal(4, (await bench.Client.SearchAsync(query with { Limit = 4 }, Stop).ToArrayAsync(Stop)).Length);
        Assert.Empty(await bench.Client.SearchAsync(query with { StudyInstanceUid = "1.2.3" }, Stop).ToArrayAsync(Stop));
    }

    [Fact]
    public async Task A_changed_instance_is_noticed_and_only_that_is_fetched()
    {
        var files = SyntheticSeries.Stack(6);
        await Orthanc.AddAsync(files.Select(ArchiveBench.Bytes));
        await using var proxy = new FaultyProxy(Orthanc.Root);
        using var bench = new ArchiveBench(proxy.Url);
        await ReadAsync(bench, files);

        files[2].Dataset.AddOrUpdate(DicomTag.RescaleIntercept, "-1000");
        await Orthanc.AddAsync(ArchiveBench.Bytes(files[2]));
        var before = proxy.Requests.Count;
        var volume = await ReadAsync(bench, files);

        Assert.Equal(Values(new SeriesReader().Read(files, Stop)), Values(volume));
        Assert.Single(proxy.Requests.Skip(before), r => r.Contains("/instances/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_that_breaks_in_the_middle_costs_only_the_rest()
    {
        var files = SyntheticSeries.Stack(8);
        await Orthanc.AddAsync(files.Select(ArchiveBench.Bytes));
        await using var proxy = new FaultyProxy(Orthanc.Root);
        using var bench = new ArchiveBench(proxy.Url);
        var listing = await bench.Fetcher.FindAsync(Uid(files[0], DicomTag.SeriesInstanceUID), Stop);

        (proxy.Broken, proxy.BreakAfterBytes) = (1, 3000);
        using var fetched = await bench.Fetcher.FetchAsync(listing!, Stop);

        Assert.Equal(8, fetched.Paths.Count);
        Assert.Equal(Values(new SeriesReader().Read(files, Stop)), Values(new SeriesReader().ReadFiles(fetched.Paths, Stop)));
        Assert.InRange(proxy.Requests.Count(r => r.Contains("/instances/", StringComparison.Ordinal)), 1, 8);
    }

    [Fact]
    public async Task A_slow_archive_is_waited_for_and_one_that_stalls_is_not()
    {
        var files = SyntheticSeries.Stack(3);
        await Orthanc.AddAsync(files.Select(ArchiveBench.Bytes));
        await using var proxy = new FaultyProxy(Orthanc.Root);
        using var bench = new ArchiveBench(proxy.Url);

        proxy.Pause = TimeSpan.FromMilliseconds(200);
        await ReadAsync(bench, files);

        var more = SyntheticSeries.Stack(60);
        await Orthanc.AddAsync(more.Select(ArchiveBench.Bytes));
        (proxy.Pause, proxy.Stalls) = (TimeSpan.Zero, true);
        var fault = await Assert.ThrowsAsync<ArchiveException>(() => ReadAsync(bench, more));
        Assert.Equal(ArchiveFault.TimedOut, fault.Fault);
        Assert.True(fault.MayPass);
    }

    [Fact]
    public async Task A_busy_archive_is_asked_again_and_then_told_to_be_busy()
    {
        var files = SyntheticSeries.Stack(2);
        await Orthanc.AddAsync(files.Select(ArchiveBench.Bytes));
        await using var proxy = new FaultyProxy(Orthanc.Root);
        using var bench = new ArchiveBench(proxy.Url);

        (proxy.Busy, proxy.RetryAfter) = (1, 1);
        await ReadAsync(bench, files);

        (proxy.Busy, proxy.RetryAfter) = (100, null);
        Assert.Equal(ArchiveFault.Busy, (await Assert.ThrowsAsync<ArchiveException>(() => ReadAsync(bench, files))).Fault);

        proxy.RetryAfter = 3600;
        var before = proxy.Requests.Count;
        await Assert.ThrowsAsync<ArchiveException>(() => ReadAsync(bench, files));
        Assert.Equal(1, proxy.Requests.Count - before);
    }

    [Fact]
    public async Task A_wrong_login_is_told()
    {
        using var bench = new ArchiveBench(Orthanc.Url, options => options.Password = "wrong");
        Assert.Equal(ArchiveFault.LoginRefused, (await Assert.ThrowsAsync<ArchiveException>(() => bench.Fetcher.FindAsync("1.2.3", Stop))).Fault);
    }

    [Fact]
    public async Task What_the_archive_does_not_have_is_null()
    {
        using var bench = new ArchiveBench(Orthanc.Url);
        Assert.Null(await bench.Fetcher.FindAsync("1.2.3", Stop));
        Assert.Null(await bench.Fetcher.FindAsync("../../etc", Stop));
    }

    [Fact]
    public async Task An_archive_that_is_down_or_full_keeps_the_outbox_until_it_is_back()
    {
        await using var orthanc = await OrthancArchive.StartAsync();
        using var bench = new ArchiveBench(orthanc.Url, options => options.Retries = 0);
        using var outbox = new Outbox(bench.Client, Path.Combine(bench.Folder, "outbox"));
        var files = SyntheticSeries.Stack(3, change: (_, dataset) => dataset.AddOrUpdate(new DicomOtherByte(DicomTag.EncapsulatedDocument, new byte[3 << 20])));

        await orthanc.StopAsync();
        var down = await outbox.SendAsync(await outbox.KeepAsync(files[0], Stop), Stop);
        Assert.True(down is { IsStored: false, MayPass: true });
        Assert.Contains("cannot be reached", down.Message, StringComparison.Ordinal);
        await outbox.KeepAsync(files[1], Stop);

        await orthanc.RestartAsync(fileLimitKilobytes: 2048);
        Assert.All(await outbox.SendAllAsync(Stop), full => Assert.True(full is { IsStored: false, MayPass: true }, full.Message));
        Assert.Equal(2, outbox.Waiting.Count);

        await orthanc.RestartAsync();
        using var reopened = new Outbox(bench.Client, Path.Combine(bench.Folder, "outbox"));
        Assert.All(await reopened.SendAllAsync(Stop), back => Assert.True(back.IsStored, back.Message));
        Assert.Empty(reopened.Waiting);
        Assert.Equal(2, await orthanc.CountAsync());
    }

    private static async Task<SeriesVolume> ReadAsync(ArchiveBench bench, DicomFile[] files)
    {
        var listing = await bench.Fetcher.FindAsync(Uid(files[0], DicomTag.SeriesInstanceUID), Stop);
        Assert.Equal(files.Length, listing!.Instances.Count);
        using var fetched = await bench.Fetcher.FetchAsync(listing, Stop);
        return new SeriesReader().ReadFiles(fetched.Paths, Stop);
    }

    private static float[] Values(SeriesVolume series) => [.. Enumerable.Range(0, (int)series.Volume.Voxels.Count).Select(n => series.Volume.Voxels[n])];

    private static string Uid(DicomFile file, DicomTag tag) => file.Dataset.GetString(tag);
}

/// <summary>One archive for all tests of a class; each test brings its own series.</summary>
public sealed class OrthancArchiveFixture : IAsyncLifetime
{
    private OrthancArchive? _orthanc;

    public OrthancArchive Orthanc => _orthanc!;

    public async ValueTask InitializeAsync() => _orthanc = await OrthancArchive.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_orthanc is not null)
            await _orthanc.DisposeAsync();
    }
}
