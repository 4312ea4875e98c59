using System.Net;
using System.Text;
using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.IO.Buffer;
using FellowOakDicom.Serialization;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store.Query;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.DicomWebClient;

/// <summary>The client against archives that know only a part of DICOMweb, are sloppy about it, or mean harm.</summary>
public sealed class OddArchiveTests
{
    private static readonly byte[] Profile = [.. Enumerable.Range(0, 2000).Select(n => (byte)n)];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1")]
    [InlineData("multipart/related; type=\"application/dicom\"; transfer-syntax=*")]
    [InlineData("multipart/related; type=\"application/dicom\"")]
    [InlineData("multipart/related; type=application/dicom")]
    [InlineData("*/*")]
    public async Task Each_form_of_accept_is_tried_until_the_archive_takes_one(string taken)
    {
        var files = SyntheticSeries.Stack(3);
        var series = new FakeSeries(files) { TakenAccept = taken };
        await using var archive = new FakeArchive(series.AnswerAsync);
        using var bench = new ArchiveBench(archive.Url);

        Assert.Equal(Values(new SeriesReader().Read(files, Stop)), Values(await ReadAsync(bench, files)));
    }

    [Fact]
    public async Task Single_instances_are_asked_for_where_a_series_is_refused()
    {
        var files = SyntheticSeries.Stack(3);
        var series = new FakeSeries(files) { TakenAccept = "application/dicom", GivesSeries = false };
        await using var archive = new FakeArchive(series.AnswerAsync);
        using var bench = new ArchiveBench(archive.Url);

        Assert.Equal(Values(new SeriesReader().Read(files, Stop)), Values(await ReadAsync(bench, files)));
    }

    [Fact]
    public async Task Frames_metadata_and_bulk_data_make_the_instances_where_there_is_nothing_else()
    {
        // The metadata's text is Unicode, though its header still tells the character set of the file. One binary value is an address there
        // (BulkDataURI), another one is in the metadata itself (InlineBinary).
        var files = SyntheticSeries.Stack(4, change: (_, dataset) => dataset.Add(new DicomOtherByte(DicomTag.ICCProfile, Profile)).Add(new DicomOtherByte(DicomTag.MAC, 1, 2, 254, 255))
            .AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 100").AddOrUpdate(DicomTag.PatientName, "Yamada^Tarou=山田^太郎"));
        var series = new FakeSeries(files) { TakenAccept = "none", BulkRoot = "../../../bulk/" };
        await using var archive = new FakeArchive(series.AnswerAsync);
        using var bench = new ArchiveBench(archive.Url);

        var read = await ReadAsync(bench, files);

        Assert.Equal(Values(new SeriesReader().Read(files, Stop)), Values(read));
        Assert.All(read.SourceHeaders, header => Assert.Equal(Profile, header.GetValues<byte>(DicomTag.ICCProfile)));
        Assert.All(read.SourceHeaders, header => Assert.Equal([1, 2, 254, 255], header.GetValues<byte>(DicomTag.MAC)));
        Assert.All(read.SourceHeaders, header => Assert.Equal("Yamada^Tarou=山田^太郎", header.GetString(DicomTag.PatientName)));
    }

    [Fact]
    public async Task Bulk_data_at_another_host_is_not_fetched()
    {
        await using var victim = new FakeArchive(context => FakeArchive.AnswerAsync(context.Response, 200, "application/octet-stream", Profile));
        var files = SyntheticSeries.Stack(1, change: (_, dataset) => dataset.Add(new DicomOtherByte(DicomTag.ICCProfile, Profile)));
        var series = new FakeSeries(files) { TakenAccept = "none", BulkRoot = victim.Url + "/" };
        await using var archive = new FakeArchive(series.AnswerAsync);

        using (var bench = new ArchiveBench(archive.Url))
            Assert.Equal(ArchiveFault.NotAllowed, (await Assert.ThrowsAsync<ArchiveException>(() => ReadAsync(bench, files))).Fault);
        Assert.Empty(victim.Requests);

        using var trusting = new ArchiveBench(archive.Url, options => options.AlsoAllowed = new Uri(victim.Url).GetLeftPart(UriPartial.Authority));
        Assert.Single((await ReadAsync(trusting, files)).SourceHeaders);
        Assert.Single(victim.Requests);
    }

    [Fact]
    public async Task A_redirect_to_another_host_is_refused_and_the_login_stays_here()
    {
        var logins = new List<string?>();
        await using var other = new FakeArchive(context =>
        {
            logins.Add(context.Request.Headers["Authorization"]);
            return FakeArchive.AnswerAsync(context.Response, 200, "application/dicom+json", "[]"u8.ToArray());
        });
        await using var archive = new FakeArchive(context =>
        {
            context.Response.RedirectLocation = context.Request.RawUrl!.Contains("moved", StringComparison.Ordinal) ? $"{other.Url}/series" : "/dicom-web/moved";
            return FakeArchive.AnswerAsync(context.Response, 307);
        });

        using (var bench = new ArchiveBench(archive.Url))
            Assert.Equal(ArchiveFault.NotAllowed, (await Assert.ThrowsAsync<ArchiveException>(() => bench.Fetcher.FindAsync("1.2.3", Stop))).Fault);
        Assert.Empty(other.Requests);

        using var trusting = new ArchiveBench(archive.Url, options => options.AlsoAllowed = new Uri(other.Url).GetLeftPart(UriPartial.Authority));
        Assert.Null(await trusting.Fetcher.FindAsync("1.2.3", Stop));
        Assert.Equal([null], logins);
    }

    [Fact]
    public async Task A_redirect_in_circles_ends()
    {
        await using var archive = new FakeArchive(context =>
        {
            context.Response.RedirectLocation = context.Request.RawUrl;
            return FakeArchive.AnswerAsync(context.Response, 302);
        });
        using var bench = new ArchiveBench(archive.Url);
        Assert.Equal(ArchiveFault.BadAnswer, (await Assert.ThrowsAsync<ArchiveException>(() => bench.Fetcher.FindAsync("1.2.3", Stop))).Fault);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(100, true)]
    public async Task A_search_ends_though_the_archive_caps_pages_or_ignores_the_offset(int cap, bool ignoresOffset)
    {
        await using var archive = new FakeArchive(context =>
        {
            var offset = ignoresOffset ? 0 : int.Parse(context.Request.QueryString["offset"]!, System.Globalization.CultureInfo.InvariantCulture);
            var page = Enumerable.Range(1, 5).Skip(offset).Take(cap).Select(n => $$$"""{"0020000D":{"vr":"UI","Value":["1.{{{n}}}"]}}""");
            return FakeArchive.AnswerAsync(context.Response, 200, "application/json; charset=utf-8", Encoding.UTF8.GetBytes($"[{string.Join(',', page)}]"));
        });
        using var bench = new ArchiveBench(archive.Url);
        var found = await bench.Client.SearchAsync(new StudyQuery(QueryLevel.Study), Stop).ToArrayAsync(Stop);
        Assert.Equal(["1.1", "1.2", "1.3", "1.4", "1.5"], found.Select(d => d.GetString(DicomTag.StudyInstanceUID)));
    }

    [Theory]
    [InlineData("<html>Login</html>")]
    [InlineData("[{\"0020000D\":")]
    [InlineData("\"text\"")]
    [InlineData("[{\"0020000D\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]},\"00100010\":{\"vr\":\"??\"}}]")]
    public async Task An_answer_that_is_no_dicom_json_is_told_clearly(string body)
    {
        await using var archive = new FakeArchive(context => FakeArchive.AnswerAsync(context.Response, 200, "application/dicom+json", Encoding.UTF8.GetBytes(body)));
        using var bench = new ArchiveBench(archive.Url);
        var fault = await Assert.ThrowsAsync<ArchiveException>(async () => await bench.Client.SearchAsync(new StudyQuery(QueryLevel.Study), Stop).ToArrayAsync(Stop));
        Assert.Equal(ArchiveFault.BadAnswer, fault.Fault);
    }

    [Fact]
    public async Task An_instance_that_was_cut_short_or_swapped_is_refused()
    {
        var files = SyntheticSeries.Stack(2);
        var cut = new FakeSeries(files) { TakenAccept = "*/*", Spoil = bytes => bytes[..^10] };
        await using (var archive = new FakeArchive(cut.AnswerAsync))
        {
            using var bench = new ArchiveBench(archive.Url);
            Assert.Equal(ArchiveFault.BadAnswer, (await Assert.ThrowsAsync<ArchiveException>(() => ReadAsync(bench, files))).Fault);
        }

        var other = ArchiveBench.Bytes(SyntheticSeries.Stack(1)[0]);
        var swapped = new FakeSeries(files) { TakenAccept = "*/*", Spoil = _ => other };
        await using (var archive = new FakeArchive(swapped.AnswerAsync))
        {
            using var bench = new ArchiveBench(archive.Url);
            Assert.Equal(ArchiveFault.BadAnswer, (await Assert.ThrowsAsync<ArchiveException>(() => ReadAsync(bench, files))).Fault);
        }
    }

    [Fact]
    public async Task Requests_at_once_stay_within_the_limit()
    {
        var files = SyntheticSeries.Stack(12);
        var series = new FakeSeries(files) { TakenAccept = "*/*", GivesSeries = false };
        var (now, most) = (0, 0);
        await using var archive = new FakeArchive(async context =>
        {
            var current = Interlocked.Increment(ref now);
            InterlockedMax(ref most, current);
            await Task.Delay(20);
            Interlocked.Decrement(ref now);
            await series.AnswerAsync(context);
        });
        using var bench = new ArchiveBench(archive.Url, options => options.Connections = 3);
        await ReadAsync(bench, files);
        Assert.InRange(most, 2, 3);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen; seen = target)
            Interlocked.CompareExchange(ref target, value, seen);
    }

    private static async Task<SeriesVolume> ReadAsync(ArchiveBench bench, DicomFile[] files)
    {
        var listing = await bench.Fetcher.FindAsync(files[0].Dataset.GetString(DicomTag.SeriesInstanceUID), Stop);
        using var fetched = await bench.Fetcher.FetchAsync(listing!, Stop);
        return new SeriesReader().ReadFiles(fetched.Paths, Stop);
    }

    private static float[] Values(SeriesVolume series) => [.. Enumerable.Range(0, (int)series.Volume.Voxels.Count).Select(n => series.Volume.Voxels[n])];

    /// <summary>One series, served in one form only.</summary>
    private sealed class FakeSeries(DicomFile[] files)
    {
        public required string TakenAccept { get; init; }

        public bool GivesSeries { get; init; } = true;

        public string BulkRoot { get; init; } = "bulk/";

        public Func<byte[], byte[]> Spoil { get; init; } = bytes => bytes;

        public Task AnswerAsync(HttpListenerContext context)
        {
            var path = context.Request.Url!.AbsolutePath;
            var accept = context.Request.Headers["Accept"];
            var chosen = files.Where(f => path.Contains(f.Dataset.GetString(DicomTag.SOPInstanceUID), StringComparison.Ordinal)).ToArray();
            var isSeries = chosen.Length == 0;
            chosen = isSeries ? files : chosen;
            if (path.EndsWith("/series", StringComparison.Ordinal))
                return JsonAsync(context, context.Request.QueryString["offset"] == "0" ? files[..1] : []);
            if (path.EndsWith("/metadata", StringComparison.Ordinal))
                return JsonAsync(context, chosen);
            if (path.Contains("/bulk/", StringComparison.Ordinal))
                return FakeArchive.AnswerAsync(context.Response, 200, "application/octet-stream", Profile);
            if (path.Contains("/frames/1", StringComparison.Ordinal))
                return MultipartAsync(context, [DicomPixelData.Create(chosen[0].Dataset).GetFrame(0).Data], "");
            if (accept != TakenAccept || (isSeries && !GivesSeries))
                return FakeArchive.AnswerAsync(context.Response, 406);
            var contents = chosen.Select(f => Spoil(ArchiveBench.Bytes(f))).ToArray();
            return accept == "application/dicom"
                ? FakeArchive.AnswerAsync(context.Response, 200, "application/dicom", contents[0])
                : MultipartAsync(context, contents, "Content-Type: application/dicom\r\n");
        }

        private Task JsonAsync(HttpListenerContext context, IEnumerable<DicomFile> described) =>
            FakeArchive.AnswerAsync(context.Response, 200, "application/dicom+json", Encoding.UTF8.GetBytes(
                $"[{string.Join(',', described.Select(f => DicomJson.ConvertDicomToJson(Describe(f.Dataset))))}]"));

        private DicomDataset Describe(DicomDataset dataset)
        {
            var copy = new DicomDataset().NotValidated();
            foreach (var item in dataset.Where(item => item.Tag != DicomTag.PixelData))
                copy.Add(item.Tag == DicomTag.ICCProfile ? new DicomOtherByte(item.Tag, new BulkDataUriByteBuffer(BulkRoot + "1")) : item);
            return copy;
        }

        private static Task MultipartAsync(HttpListenerContext context, byte[][] contents, string headers)
        {
            var body = contents.SelectMany(c => (byte[])[.. Encoding.ASCII.GetBytes($"--x\r\n{headers}\r\n"), .. c, .. "\r\n"u8]).Concat("--x--"u8.ToArray()).ToArray();
            return FakeArchive.AnswerAsync(context.Response, 200, "multipart/related; type=application/dicom; boundary=x", body);
        }
    }
}
