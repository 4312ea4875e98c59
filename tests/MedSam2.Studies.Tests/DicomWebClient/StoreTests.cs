using System.Text;
using FellowOakDicom;
using MedSam2.Studies.DicomWebClient.Multipart;
using MedSam2.Studies.DicomWebClient.Storing;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.DicomWebClient;

/// <summary>STOW-RS: what the answer says decides what is sent again.</summary>
public sealed class StoreTests
{
    private const int OutOfResources = 0xA700, CannotUnderstand = 0xC000, Duplicate = 0x0111;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    public async Task Only_what_failed_for_a_passing_reason_is_sent_again(int status)
    {
        var sent = new List<string[]>();
        await using var archive = Archive(sent, (uids, attempt) => (status, uids.ToDictionary(u => u, u => attempt > 0 || u == sent[0][0] ? 0 : u == sent[0][1] ? CannotUnderstand : OutOfResources)));
        using var bench = new ArchiveBench(archive.Url);
        var instances = bench.Save(SyntheticSeries.Stack(4));

        var results = await bench.Client.StoreAsync(instances, Stop);

        Assert.Equal([true, false, true, true], results.Select(r => r.IsStored));
        Assert.False(results[1].MayPass);
        Assert.Contains("C000", results[1].Message, StringComparison.Ordinal);
        Assert.Equal(instances.Select(i => i.Key.SopInstanceUid), sent[0]);
        Assert.Equal(instances[2..].Select(i => i.Key.SopInstanceUid), sent[1]);
        Assert.Equal(2, sent.Count);
    }

    [Fact]
    public async Task A_conflict_is_read_and_a_duplicate_is_stored()
    {
        var sent = new List<string[]>();
        await using var archive = Archive(sent, (uids, _) => (409, uids.ToDictionary(u => u, u => u == uids[0] ? Duplicate : CannotUnderstand)));
        using var bench = new ArchiveBench(archive.Url);

        var results = await bench.Client.StoreAsync(bench.Save(SyntheticSeries.Stack(2)), Stop);

        Assert.Equal([true, false], results.Select(r => r.IsStored));
        Assert.Single(sent);
    }

    [Fact]
    public async Task A_passing_failure_that_stays_is_told_after_the_last_attempt()
    {
        var sent = new List<string[]>();
        await using var archive = Archive(sent, (uids, _) => (409, uids.ToDictionary(u => u, _ => OutOfResources)));
        using var bench = new ArchiveBench(archive.Url);

        var result = Assert.Single(await bench.Client.StoreAsync(bench.Save(SyntheticSeries.Stack(1)), Stop));

        Assert.True(result is { IsStored: false, MayPass: true });
        Assert.Contains("out of resources", result.Message, StringComparison.Ordinal);
        Assert.Equal(2, sent.Count);
    }

    [Theory]
    [InlineData(200, "", true, true)]
    [InlineData(200, "", false, false)]
    [InlineData(200, "<NativeDicomModel/>", true, true)]
    [InlineData(200, """{"00081198":{"vr":"SQ"},"00081199":{"vr":"SQ"}}""", false, false)]
    [InlineData(409, "<NativeDicomModel/>", true, false)]
    [InlineData(202, "{}", true, false)]
    public async Task An_answer_that_does_not_name_the_instance_is_checked_by_a_search(int status, string body, bool isThere, bool stored)
    {
        var uid = "";
        await using var archive = new FakeArchive(context => context.Request.HttpMethod == "POST"
            ? FakeArchive.AnswerAsync(context.Response, status, "application/dicom+json", Encoding.UTF8.GetBytes(body))
            : FakeArchive.AnswerAsync(context.Response, 200, "application/dicom+json", Encoding.UTF8.GetBytes(
                isThere ? $$$"""[{"00080018":{"vr":"UI","Value":["{{{uid}}}"]}}]""" : "[]")));
        using var bench = new ArchiveBench(archive.Url, options => options.Retries = 0);
        var instance = bench.Save(SyntheticSeries.Stack(1)[0]);
        uid = instance.Key.SopInstanceUid!;

        var result = Assert.Single(await bench.Client.StoreAsync([instance], Stop));

        Assert.Equal((stored, !stored), (result.IsStored, result.MayPass));
    }

    [Fact]
    public async Task Large_batches_are_split()
    {
        var sent = new List<string[]>();
        await using var archive = Archive(sent, (uids, _) => (200, uids.ToDictionary(u => u, _ => 0)));
        using var bench = new ArchiveBench(archive.Url, options => options.StoreMegabytes = 1);
        var files = SyntheticSeries.Stack(5, change: (_, dataset) => dataset.Add(new DicomOtherByte(DicomTag.EncapsulatedDocument, new byte[400_000])));

        Assert.All(await bench.Client.StoreAsync(bench.Save(files), Stop), r => Assert.True(r.IsStored));

        Assert.Equal([2, 2, 1], sent.Select(s => s.Length));
    }

    [Fact]
    public async Task What_the_archive_refuses_for_good_is_put_aside_with_the_reason()
    {
        await using var archive = Archive([], (uids, _) => (409, uids.ToDictionary(u => u, _ => CannotUnderstand)));
        using var bench = new ArchiveBench(archive.Url);
        using var outbox = new Outbox(bench.Client, Path.Combine(bench.Folder, "outbox"));

        var sent = await outbox.SendAsync(await outbox.KeepAsync(SyntheticSeries.Stack(1)[0], Stop), Stop);

        Assert.True(sent is { IsStored: false, MayPass: false });
        Assert.Empty(outbox.Waiting);
        var aside = Assert.Single(outbox.Refused);
        Assert.Equal(sent.Message, await File.ReadAllTextAsync(Path.ChangeExtension(aside.FullName, ".txt"), Stop));
    }

    /// <summary>Records the UIDs of each request and answers reason 0 as stored, others as failed.</summary>
    private static FakeArchive Archive(List<string[]> sent, Func<string[], int, (int Status, Dictionary<string, int> Reasons)> decide) => new(async context =>
    {
        Assert.Equal("POST /dicom-web/studies", $"{context.Request.HttpMethod} {context.Request.RawUrl}");
        var type = SloppyMediaType.Parse(context.Request.ContentType);
        Assert.Equal(("multipart/related", "application/dicom"), (type.Type, type["type"]));
        var uids = new List<string>();
        var reader = new MultipartRelatedReader(context.Request.InputStream, type["boundary"]);
        while (await reader.ReadPartAsync(Stop) is { } part)
        {
            using var memory = new MemoryStream();
            await part.Content.CopyToAsync(memory, Stop);
            memory.Position = 0;
            uids.Add((await DicomFile.OpenAsync(memory)).Dataset.GetString(DicomTag.SOPInstanceUID));
        }

        sent.Add([.. uids]);
        var (status, reasons) = decide([.. uids], sent.Count - 1);
        await FakeArchive.AnswerAsync(context.Response, status, "application/dicom+json", Encoding.UTF8.GetBytes(
            $$$"""{"00081199":{{{Items(reasons.Where(r => r.Value == 0))}}},"00081198":{{{Items(reasons.Where(r => r.Value != 0))}}}}"""));
    });

    private static string Items(IEnumerable<KeyValuePair<string, int>> reasons) => $$"""{"vr":"SQ","Value":[{{string.Join(',', reasons.Select(r => Item(r.Key, r.Value)))}}]}""";

    private static string Item(string uid, int reason) =>
        $$$"""{"00081155":{"vr":"UI","Value":["{{{uid}}}"]},"00081197":{"vr":"US","Value":[{{{reason}}}]}}""";
}
