using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FellowOakDicom;
using MedSam2.Server.Tests.Archive;
using MedSam2.Studies.Writing;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Batch;

/// <summary>A batch over the series of Orthanc.</summary>
public sealed class BatchArchiveTests(ArchiveServer archive) : IClassFixture<ArchiveServer>
{
    private const int Series = 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_20_unlabelled_series_one_is_broken_and_named_and_the_others_are_done()
    {
        // One series is there already.
        var descriptions = Enumerable.Range(1, Series - 1).Select(n => new CtSeriesDescription($"batch {n}", $"BATCH^{n}", $"B{n}")).ToArray();
        var broken = descriptions[7];
        foreach (var description in descriptions)
        {
            var files = CtSeriesWriter.Write(TestSeries.Volume, description).ToArray();
            if (description == broken)
                files[3].Dataset.Remove(DicomTag.PixelData);
            await archive.Orthanc.AddAsync(files.Select(ArchiveServer.Bytes));
        }

        using var answer = await archive.Http.PostAsJsonAsync(
            "batch/infer/medsam2?images=unlabeled&run_sync=true", new { roi = TestSeries.Roi(4, 4), label = "liver", label_tag = "final" }, Stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        var result = (await RunningServer.JsonAsync(answer)).AsObject();

        string[] all = [TestSeries.Uid, .. descriptions.Select(description => description.SeriesInstanceUid)];
        Assert.Equal(all.Order(StringComparer.Ordinal), result.Select(pair => pair.Key).Order(StringComparer.Ordinal));
        var failed = Assert.Single(result, pair => pair.Value!["detail"] is not null);
        Assert.Equal(broken.SeriesInstanceUid, failed.Key);
        Assert.NotEmpty(failed.Value!["detail"]!.GetValue<string>());
        var task = (await archive.Http.GetFromJsonAsync<JsonObject>("batch/infer", Stop))!;
        Assert.Equal(("DONE", Series), (task["status"]!.GetValue<string>(), task["done"]!.GetValue<int>()));
        Assert.Equal(broken.SeriesInstanceUid, Assert.Single(task["failed"]!.AsObject()).Key);
        Assert.EndsWith(", 1 failed", task["message"]!.GetValue<string>(), StringComparison.Ordinal);

        // Orthanc has a SEG about each of the others.
        var segmentations = (await archive.Http.GetFromJsonAsync<JsonArray>("dicom-web/series?Modality=SEG", Stop))!;
        Assert.Equal(Series - 1, segmentations.Count);
        List<string> about = [];
        foreach (var segmentation in segmentations)
        {
            var (study, series) = (Text(segmentation!, "0020000D"), Text(segmentation!, "0020000E"));
            var metadata = (await archive.Http.GetFromJsonAsync<JsonArray>($"dicom-web/studies/{study}/series/{series}/metadata", Stop))!;
            about.Add(Text(metadata[0]!["00081115"]!["Value"]![0]!, "0020000E"));
        }

        Assert.Equal(all.Except([broken.SeriesInstanceUid]).Order(StringComparer.Ordinal), about.Order(StringComparer.Ordinal));
        var statistics = (await archive.Http.GetFromJsonAsync<JsonObject>("datastore/", Stop))!;
        Assert.Equal((Series, Series - 1), (statistics["total"]!.GetValue<int>(), statistics["completed"]!.GetValue<int>()));

        // Only the broken one is unlabelled now.
        using var again = await archive.Http.PostAsJsonAsync("batch/infer/medsam2?images=unlabeled&run_sync=true", new { roi = TestSeries.Roi(4, 4), label_tag = "final" }, Stop);
        Assert.Equal(broken.SeriesInstanceUid, Assert.Single((await RunningServer.JsonAsync(again)).AsObject()).Key);
    }

    private static string Text(JsonNode dataset, string tag) => dataset[tag]!["Value"]![0]!.GetValue<string>();
}
