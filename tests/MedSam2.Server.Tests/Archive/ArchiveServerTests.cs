using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Studies.Writing;
using Xunit;

namespace MedSam2.Server.Tests.Archive;

/// <summary>Series from an archive, segmentations into it, also when it is away for a while.</summary>
public sealed class ArchiveServerTests(ArchiveServer archive) : IClassFixture<ArchiveServer>
{
    private static readonly object SavedBox = new { roi = TestSeries.Roi(4, 4), label = "liver", save_label = true, label_tag = "final", result_extension = ".nrrd" };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_series_of_the_archive_is_segmented_and_the_segmentation_is_found_and_read_back_there()
    {
        using var answer = await archive.Server.InferAsync(SavedBox);
        var (result, mask, _) = await RunningServer.ReadAsync(answer);
        var stored = result["stored"]!;
        Assert.Null(stored["waiting"]);

        var found = (await archive.Http.GetFromJsonAsync<JsonArray>($"dicom-web/series?Modality=SEG&SeriesInstanceUID={stored["SeriesInstanceUID"]}", Stop))!;
        Assert.Equal(stored["StudyInstanceUID"]!.GetValue<string>(), Assert.Single(found)!["0020000D"]!["Value"]![0]!.GetValue<string>());
        var parts = await RetrieveAsync($"dicom-web/studies/{stored["StudyInstanceUID"]}/series/{stored["SeriesInstanceUID"]}");
        var file = await DicomFile.OpenAsync(new MemoryStream(Assert.Single(parts)));
        var aligned = SegmentationReader.Open(file.Dataset).AlignTo([.. CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description).Select(f => f.Dataset)]);
        Assert.Equal("liver", Assert.Single(aligned.Segments).Label);
        var slice = new byte[TestSeries.Columns * TestSeries.Rows];
        for (var k = 0; k < TestSeries.Slices; k++)
        {
            if (!aligned.ReadMask(1, k, slice))
                Array.Clear(slice);
            Assert.Equal(mask.Labels.AsSpan((int)mask.Geometry.Offset(0, 0, k), slice.Length).ToArray(), slice);
        }
    }

    [Fact]
    public async Task An_archive_that_stops_in_the_middle_costs_no_work()
    {
        using (await archive.Server.InferAsync(new { roi = TestSeries.Roi(4, 4) }, "medsam2_2d"))
        {
        }

        var before = await archive.Orthanc.CountAsync();
        await archive.Orthanc.StopAsync();
        try
        {
            using var answer = await archive.Server.InferAsync(SavedBox, "medsam2_2d");
            var (result, mask, _) = await RunningServer.ReadAsync(answer);
            Assert.True(mask.Labels.AsSpan().ContainsAnyExcept((byte)0));
            Assert.Contains("cannot be reached", result["stored"]!["waiting"]!.GetValue<string>(), StringComparison.Ordinal);
            var waiting = (await archive.Http.GetFromJsonAsync<JsonObject>("archive/outbox", Stop))!["waiting"]!.AsArray();
            Assert.Contains(waiting, w => w!["SOPInstanceUID"]!.GetValue<string>() == result["stored"]!["SOPInstanceUID"]!.GetValue<string>());

            using var unknown = await archive.Http.PostAsync("infer/medsam2?image=1.2.3", null, Stop);
            Assert.Equal(HttpStatusCode.BadGateway, unknown.StatusCode);
            Assert.Contains("cannot be reached", await unknown.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
            using var passed = await archive.Http.GetAsync("dicom-web/studies", Stop);
            Assert.Equal(HttpStatusCode.BadGateway, passed.StatusCode);
        }
        finally
        {
            await archive.Orthanc.RestartAsync();
        }

        using var sent = await archive.Http.PostAsync("archive/outbox/send", null, Stop);
        Assert.Empty((await sent.Content.ReadFromJsonAsync<JsonObject>(Stop))!["waiting"]!.AsArray());
        Assert.Equal(before + 1, await archive.Orthanc.CountAsync());
    }

    [Fact]
    public async Task A_busy_archive_is_told_as_busy_and_asked_again_later()
    {
        archive.Proxy.Busy = 1000;
        using (var busy = await archive.Http.PostAsync("infer/medsam2?image=1.2.4", null, Stop))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, busy.StatusCode);
            Assert.Contains("busy", await busy.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        archive.Proxy.Busy = 0;
        using var later = await archive.Http.PostAsync("infer/medsam2?image=1.2.4", null, Stop);
        Assert.Equal(HttpStatusCode.NotFound, later.StatusCode);
    }

    [Fact]
    public async Task An_answer_that_stalls_in_the_middle_is_broken_off_so_that_nobody_takes_it_for_whole()
    {
        archive.Proxy.Stalls = true;
        try
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => archive.Http.GetByteArrayAsync(
                $"dicom-web/studies/{TestSeries.Description.StudyInstanceUid}/series/{TestSeries.Uid}", Stop));
        }
        finally
        {
            archive.Proxy.Stalls = false;
        }
    }

    [Fact]
    public async Task The_panel_counts_the_series_of_the_archive()
    {
        var info = (await archive.Http.GetFromJsonAsync<JsonObject>("info/", Stop))!;
        Assert.True(info["datastore"]!["total"]!.GetValue<int>() >= 1);
    }

    [Fact]
    public async Task Metadata_pass_through_with_addresses_that_lead_back_here()
    {
        var path = $"studies/{TestSeries.Description.StudyInstanceUid}/series/{TestSeries.Uid}";
        var series = (await archive.Http.GetFromJsonAsync<JsonArray>($"dicom-web/series?SeriesInstanceUID={TestSeries.Uid}&includefield=00081190", Stop))!;
        Assert.Equal($"{archive.Http.BaseAddress}dicom-web/{path}", Assert.Single(series)!["00081190"]!["Value"]![0]!.GetValue<string>());

        using var metadata = await archive.Http.GetAsync($"dicom-web/{path}/metadata", Stop);
        Assert.Equal("application/dicom+json", metadata.Content.Headers.ContentType!.MediaType);
        var text = await metadata.Content.ReadAsStringAsync(Stop);
        Assert.Equal(TestSeries.Slices, JsonNode.Parse(text)!.AsArray().Count);
        Assert.DoesNotContain(new Uri(archive.Proxy.Url).Authority, text, StringComparison.Ordinal);
        Assert.Contains(archive.Proxy.Requests, r => r == $"GET /dicom-web/series?SeriesInstanceUID={TestSeries.Uid}&includefield=00081190");
    }

    [Fact]
    public async Task Frames_stores_and_refusals_pass_through()
    {
        var sop = CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description).First().Dataset.GetString(DicomTag.SOPInstanceUID);
        var frame = Assert.Single(await RetrieveAsync(
            $"dicom-web/studies/{TestSeries.Description.StudyInstanceUid}/series/{TestSeries.Uid}/instances/{sop}/frames/1", "multipart/related; type=\"application/octet-stream\""));
        Assert.Equal(TestSeries.Columns * TestSeries.Rows * 2, frame.Length);

        var before = await archive.Orthanc.CountAsync();
        var other = CtSeriesWriter.Write(TestSeries.Volume, new CtSeriesDescription("pass-through", "A^B", "C")).Take(2).Select(ArchiveServer.Bytes);
        using (var content = DicomWebServer.Multipart(other))
        using (var stored = await archive.Http.PostAsync("dicom-web/studies", content, Stop))
            Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        Assert.Equal(before + 2, await archive.Orthanc.CountAsync());

        using var missing = await archive.Http.GetAsync("dicom-web/studies/1.2.3/metadata", Stop);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        using var outside = await archive.Http.GetAsync("dicom-web/studies/%252e%252e/%252e%252e/%252e%252e/system", Stop);
        Assert.Equal(HttpStatusCode.BadRequest, outside.StatusCode);
        Assert.DoesNotContain(archive.Proxy.Requests, r => r.Contains("system", StringComparison.Ordinal));
    }

    private async Task<byte[][]> RetrieveAsync(string path, string accept = "multipart/related; type=\"application/dicom\"")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await archive.Http.SendAsync(request, Stop);
        return [.. (await MultipartParts.ReadAsync(answer)).Select(part => part.Content)];
    }
}
