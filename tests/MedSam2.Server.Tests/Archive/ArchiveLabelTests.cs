using FellowOakDicom;
using MedSam2.Imaging.Masks;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Server.Tests.Hubs;
using Xunit;

namespace MedSam2.Server.Tests.Archive;

/// <summary>Interactive sessions whose image and segmentations lie in Orthanc.</summary>
public sealed class ArchiveLabelTests(ArchiveServer archive) : IClassFixture<ArchiveServer>
{
    private static readonly Mask Left = Rectangle(20, 10, 40, 30), Right = Rectangle(30, 20, 50, 40);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Objects_that_overlap_come_back_whole_by_label_and_by_UID()
    {
        await using var client = await HubClient.ConnectAsync(archive.Server.Address);
        var stored = await CommitAsync(client, "final");
        Assert.Null(stored.Waiting);
        Assert.Equal(1, await CountInArchiveAsync(stored.SeriesInstanceUid));

        await RequireBothAsync(client, new() { LabelId = "final" });
        await RequireBothAsync(client, new() { SopInstanceUid = stored.SopInstanceUid });

        // One that this server has never seen.
        var foreign = await ReadAsync(stored);
        var uid = DicomUID.Generate();
        foreign.Dataset.AddOrUpdate(DicomTag.SOPInstanceUID, uid.UID);
        foreign.FileMetaInfo.MediaStorageSOPInstanceUID = uid;
        await archive.Orthanc.AddAsync(ArchiveServer.Bytes(foreign));
        await RequireBothAsync(client, new() { SopInstanceUid = uid.UID });

        var session = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        foreach (var unknown in (string[])["1.2.3.4", "../x", TestSeries.Uid])
        {
            Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(
                () => client.CallAsync<Change>("LoadLabel", new LoadLabelRequest { SessionId = session, SopInstanceUid = unknown })), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_segmentation_that_still_waits_for_the_archive_comes_back_whole()
    {
        await using var client = await HubClient.ConnectAsync(archive.Server.Address);
        var painted = await PaintAsync(client);
        await archive.Orthanc.StopAsync();
        try
        {
            var stored = await client.CallAsync<StoredLabel>("Commit", new CommitRequest { SessionId = painted, Tag = "waiting" });
            Assert.NotNull(stored.Waiting);
            var loaded = await client.CallAsync<Change>("LoadLabel", new LoadLabelRequest { SessionId = painted, LabelId = "waiting" });
            RequireBoth(loaded);
        }
        finally
        {
            await archive.Orthanc.RestartAsync();
            using var sent = await archive.Http.PostAsync("archive/outbox/send", null, Stop);
            Assert.True(sent.IsSuccessStatusCode);
        }
    }

    [Fact]
    public async Task A_label_that_lies_here_is_opened_while_the_archive_that_has_its_segmentation_is_away()
    {
        await using var client = await HubClient.ConnectAsync(archive.Server.Address);
        var session = await PaintAsync(client);
        var stored = await client.CallAsync<StoredLabel>("Commit", new CommitRequest { SessionId = session, Tag = "away" });
        Assert.Null(stored.Waiting);
        await archive.Orthanc.StopAsync();
        try
        {
            foreach (var request in (LoadLabelRequest[])[new() { LabelId = "away" }, new() { SopInstanceUid = stored.SopInstanceUid }])
            {
                var loaded = await client.CallAsync<Change>("LoadLabel", request with { SessionId = session });

                // Here a pixel has one object: where both are, the first.
                var visible = Rectangle(30, 20, 50, 40);
                for (var p = 0; p < visible.Pixels.Length; p++)
                    visible.Pixels[p] &= (byte)(1 - Left.Pixels[p]);
                RequireBoth(loaded, visible);
            }

            // What lies in the archive alone is not said to be nowhere.
            var refusal = await HubClient.RefusalAsync(
                () => client.CallAsync<Change>("LoadLabel", new LoadLabelRequest { SessionId = session, SopInstanceUid = "1.2.3.4" }));
            Assert.DoesNotContain("not_found", refusal, StringComparison.Ordinal);
            Assert.Contains("archive", refusal, StringComparison.Ordinal);
        }
        finally
        {
            await archive.Orthanc.RestartAsync();
        }

        await RequireBothAsync(client, new() { LabelId = "away" });
    }

    private static async Task<string> PaintAsync(HubClient client)
    {
        var session = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await PaintAsync(client, session, 1, Left);
        await PaintAsync(client, session, 2, Right);
        return session;
    }

    private static async Task<StoredLabel> CommitAsync(HubClient client, string tag)
    {
        var session = await PaintAsync(client);
        var stored = await client.CallAsync<StoredLabel>("Commit", new CommitRequest { SessionId = session, Tag = tag });
        await client.CloseAsync(session, discard: true);
        return stored;
    }

    private static Task<PromptAnswer> PaintAsync(HubClient client, string session, int objectId, Mask mask)
    {
        var runs = MaskRuns.Encode(mask);
        var (x, y, width, height) = runs.Box;
        return client.CallAsync<PromptAnswer>("Prompt", new PromptRequest
        {
            SessionId = session,
            ObjectId = objectId,
            Index = 3,
            Mask = new() { Box = [x, y, x + width, y + height], Runs = runs.Runs.ToArray() },
        });
    }

    private static async Task RequireBothAsync(HubClient client, LoadLabelRequest request)
    {
        var session = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        RequireBoth(await client.CallAsync<Change>("LoadLabel", request with { SessionId = session }));
        await client.CloseAsync(session, discard: true);
    }

    private static void RequireBoth(Change loaded) => RequireBoth(loaded, Right);

    private static void RequireBoth(Change loaded, Mask right)
    {
        var frames = loaded.Frames.Where(frame => frame.Runs.Length > 0).OrderBy(frame => frame.ObjectId).ToArray();
        Assert.Equal([3, 3], frames.Select(frame => frame.Index));
        Assert.Equal(Left.Pixels, HubClient.Decode(frames[0], TestSeries.Columns, TestSeries.Rows).Pixels);
        Assert.Equal(right.Pixels, HubClient.Decode(frames[1], TestSeries.Columns, TestSeries.Rows).Pixels);
    }

    private async Task<DicomFile> ReadAsync(StoredLabel stored)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"dicom-web/studies/{TestSeries.Description.StudyInstanceUid}/series/{stored.SeriesInstanceUid}/instances/{stored.SopInstanceUid}");
        request.Headers.TryAddWithoutValidation("Accept", "multipart/related; type=\"application/dicom\"");
        using var answer = await archive.Http.SendAsync(request, Stop);
        return await DicomFile.OpenAsync(new MemoryStream(Assert.Single(await MultipartParts.ReadAsync(answer)).Content));
    }

    private async Task<int> CountInArchiveAsync(string series)
    {
        using var answer = await archive.Http.GetAsync($"dicom-web/series?SeriesInstanceUID={series}", Stop);
        return (await RunningServer.JsonAsync(answer)).AsArray().Count;
    }

    private static Mask Rectangle(int x0, int y0, int x1, int y1)
    {
        var mask = new Mask(TestSeries.Columns, TestSeries.Rows);
        for (var y = y0; y < y1; y++)
            mask.Pixels.AsSpan((y * TestSeries.Columns) + x0, x1 - x0).Fill(1);
        return mask;
    }
}
