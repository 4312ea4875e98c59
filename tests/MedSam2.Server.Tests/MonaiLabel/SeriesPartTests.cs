using System.Globalization;
using System.Net;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Writing;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>Series that hold several volumes or frames through time, on a server that stores label maps.</summary>
public sealed class SeriesPartTests : IAsyncLifetime
{
    private readonly RunningServer _server = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _server.StartAsync("--MedSam2:SegmentationType=LABELMAP");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_second_time_of_a_series_is_segmented_and_the_SEG_is_about_its_images_alone()
    {
        var (times, series) = Twice();
        await StoreAsync(times);

        using var answer = await _server.InferAsync($"infer/medsam2?image={series}@2&output=dicom_seg", ("params", Prompt("liver")));

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        var file = await DicomFile.OpenAsync(new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Stop)));
        var second = times.Where(f => f.Dataset.GetString(DicomTag.TemporalPositionIdentifier) == "2").Select(f => f.Dataset.GetString(DicomTag.SOPInstanceUID)).ToHashSet();
        var reader = SegmentationFrames.Open(file.Dataset);
        Assert.Equal(SegmentationEncoding.LabelMap, reader.Encoding);
        Assert.True(reader.Frames.Count >= 2);
        Assert.All(reader.Frames, frame => Assert.Contains(Assert.Single(frame.Sources).SopInstanceUid, second));
    }

    [Fact]
    public async Task The_result_says_what_was_read_and_a_label_of_a_part_is_kept()
    {
        var (times, series) = Twice();
        await StoreAsync(times);

        using var answer = await _server.InferAsync($"infer/medsam2_2d?image={series}@2&output=json", ("params", Prompt("liver", "\"save_label\":true,\"label_tag\":\"original\",")));
        var result = await RunningServer.JsonAsync(answer);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"kind":"Volume","part":2,"parts":2,"unit":"HU"}""", result["image"]!.ToJsonString());
        using var label = await _server.Http.GetAsync($"datastore/label?label={series}@2&tag=original", Stop);
        Assert.Equal(HttpStatusCode.OK, label.StatusCode);
        using var all = await _server.Http.GetAsync("datastore/?output=all", Stop);
        Assert.Equal(HttpStatusCode.OK, all.StatusCode);
    }

    [Theory]
    [InlineData("@3", HttpStatusCode.UnprocessableEntity, "1 to 2")]
    [InlineData("@0", HttpStatusCode.UnprocessableEntity, "1 to 2")]
    [InlineData("@x", HttpStatusCode.NotFound, "no series")]
    public async Task A_part_that_is_not_there_is_refused(string part, HttpStatusCode status, string words)
    {
        var (times, series) = Twice();
        await StoreAsync(times);

        using var answer = await _server.InferAsync($"infer/medsam2_2d?image={series}{part}", ("params", Prompt("liver")));

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ultrasound_in_colour_is_followed_through_time_and_the_SEG_names_its_frames()
    {
        var path = SharedData.Require("dicom-codecs", "encapsulated", "IM00001.fragmented_no_bot_jpeg_baseline.50.dcm");
        var image = await DicomFile.OpenAsync(path);
        await StoreAsync([image]);
        var series = image.Dataset.GetString(DicomTag.SeriesInstanceUID);

        using var answer = await _server.InferAsync(
            $"infer/medsam2?image={series}&output=dicom_seg", ("params", """{"roi":[100,180,80,150,2,2],"label_info":[{"name":"nodule"}]}"""));

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        var file = await DicomFile.OpenAsync(new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Stop)));
        var frames = SegmentationFrames.Open(file.Dataset).Frames;
        Assert.Contains(frames, frame => Assert.Single(frame.Sources) == new SourceReference(image.Dataset.GetString(DicomTag.SOPInstanceUID), 3));
    }

    private static string Prompt(string name, string more = "") =>
        $"{{\"roi\":[{string.Join(',', TestSeries.Roi(4, 4))}],{more}\"label\":\"{name}\",\"label_info\":[{{\"name\":\"{name}\"}}]}}";

    /// <summary>The test volume at two times, as a series of its own.</summary>
    private static (DicomFile[] Files, string Series) Twice()
    {
        var series = DicomUIDGenerator.GenerateDerivedFromUUID().UID;
        var files = Enumerable.Range(1, 2).SelectMany(time => CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description).Select(file =>
        {
            file.Dataset.AddOrUpdate(DicomTag.SeriesInstanceUID, series);
            file.Dataset.AddOrUpdate(DicomTag.SOPInstanceUID, DicomUIDGenerator.GenerateDerivedFromUUID());
            file.Dataset.AddOrUpdate(DicomTag.TemporalPositionIdentifier, time.ToString(CultureInfo.InvariantCulture));
            return new DicomFile(file.Dataset);
        })).ToArray();
        return (files, series);
    }

    private async Task StoreAsync(DicomFile[] files)
    {
        using var response = await _server.Http.PostAsync("dicom-web/studies", DicomWebServer.Multipart(files.Select(DicomWebServer.Bytes)), Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
