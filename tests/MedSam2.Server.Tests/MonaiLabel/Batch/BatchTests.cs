using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Batch;

/// <summary>Batch inference over the embedded store. Each test has a server of its own.</summary>
public sealed class BatchTests : IAsyncLifetime
{
    private const string Copy = "copy";

    private readonly RunningServer _server = new();

    private PlainClient Client => new(_server.Address);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_box_shared_by_all_images_gives_each_a_label_of_the_tag()
    {
        await UploadCopyAsync();
        var result = (await RunAsync("medsam2?images=unlabeled", new { roi = TestSeries.Roi(4, 4), label = "liver", label_tag = "auto" })).AsObject();

        Assert.Equal(new[] { TestSeries.Uid, Copy }.Order(StringComparer.Ordinal), result.Select(pair => pair.Key).Order(StringComparer.Ordinal));
        foreach (var id in new[] { TestSeries.Uid, Copy })
        {
            Assert.Equal(("auto", 1), (result[id]!["tag"]!.GetValue<string>(), result[id]!["params"]!["label_names"]!["liver"]!.GetValue<int>()));
            Assert.True(Overlap.Dice(await LabelAsync(id, "auto"), 1, TestVolumes.BlockLabel(), 1) > 0.9);
        }

        var info = await _server.Http.GetFromJsonAsync<JsonObject>($"datastore/label/info?label={Copy}&tag=auto", Stop);
        Assert.Equal(("medsam2", "liver"), (info!["model"]!.GetValue<string>(), info["label_info"]![0]!["name"]!.GetValue<string>()));

        // What has a label of the tag is no unlabelled image any more.
        Assert.Empty((await RunAsync("medsam2?images=unlabeled", new { roi = TestSeries.Roi(4, 4), label_tag = "auto" })).AsObject());
    }

    [Fact]
    public async Task Without_prompts_an_image_is_segmented_from_a_box_around_its_own_label_and_one_without_is_named()
    {
        await UploadCopyAsync();
        await SaveLabelAsync(Copy, "final", TestVolumes.BlockLabel(3), """{"label_info":[{"name":"other","idx":1},{"name":"none","idx":2},{"name":"spleen","idx":3}]}""");
        var result = (await RunAsync("medsam2?images=all", new { })).AsObject();

        Assert.Equal(3, result[Copy]!["params"]!["label_names"]!["spleen"]!.GetValue<int>());
        Assert.True(Overlap.Dice(await LabelAsync(Copy, "original"), 3, TestVolumes.BlockLabel(), 1) > 0.9);
        Assert.Contains("Nothing says what to look for", result[TestSeries.Uid]!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        var task = (await Client.GetAsync("/batch/infer")).Json!;
        Assert.Equal(TestSeries.Uid, Assert.Single(task["failed"]!.AsObject()).Key);
        Assert.Equal(("DONE", 2), (task["status"]!.GetValue<string>(), task["done"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Prompts_of_single_images_give_several_objects()
    {
        await UploadCopyAsync();
        var block = TestSeries.Block;
        var prompts = new Dictionary<string, object>
        {
            [Copy] = new object[]
            {
                new { roi = new[] { block.I0, 70, block.J0, block.J1, 4, 4 }, label = "left" },
                new { roi = new[] { 74, block.I1, block.J0, block.J1, 4, 4 }, label = "right" },
            },
        };
        var result = (await RunAsync("medsam2_2d", new { images = new[] { Copy }, prompts })).AsObject();

        Assert.Equal("""{"left":1,"right":2}""", result[Copy]!["params"]!["label_names"]!.ToJsonString());
        var label = await LabelAsync(Copy, "original");
        Assert.All(Enumerable.Range(0, TestSeries.Slices).Where(k => k != 4), k => Assert.Equal((0, 0), (label.ReadSlice(Imaging.Geometry.SliceAxis.K, k, 1).Pixels.Max(), label.ReadSlice(Imaging.Geometry.SliceAxis.K, k, 2).Pixels.Max())));
        Assert.Equal(1, label[65, 18, 4]);
    }

    [Fact]
    public async Task The_model_without_prompts_finds_what_the_approved_label_of_another_image_shows()
    {
        await UploadCopyAsync();
        using (var refused = await _server.Http.PostAsJsonAsync("batch/infer/medsam2_set?run_sync=true", new { }, Stop))
            Assert.Contains("approved label", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        await SaveLabelAsync(Copy, "final", TestVolumes.BlockLabel(2), """{"label_info":[{"name":"none","idx":1},{"name":"liver","idx":2}]}""");
        var result = (await RunAsync("medsam2_set?images=unlabeled", new { })).AsObject();

        Assert.Equal(2, Assert.Single(result).Value!["params"]!["label_names"]!["liver"]!.GetValue<int>());
        Assert.True(Overlap.Dice(await LabelAsync(TestSeries.Uid, "original"), 2, TestVolumes.BlockLabel(), 1) > 0.8);

        // The same for one image, as clients with an automatic section ask for it.
        using var answer = await _server.InferAsync(new { template = "", result_extension = ".nrrd" }, "medsam2_set");
        var (description, mask, _) = await RunningServer.ReadAsync(answer);
        Assert.Equal("""{"liver":2}""", description["label_names"]!.ToJsonString());
        Assert.True(Overlap.Dice(mask, 2, TestVolumes.BlockLabel(), 1) > 0.8);
    }

    [Fact]
    public async Task The_number_of_images_can_be_bounded_and_nothing_be_kept()
    {
        await UploadCopyAsync();
        var result = (await RunAsync("medsam2_2d", new { roi = TestSeries.Roi(4, 4), max_batch_size = 1, max_workers = 4, save_label = false, device = "cuda", multi_gpu = true, gpus = "all", logging = "WARNING" })).AsObject();

        Assert.Single(result);
        Assert.Empty((await _server.Http.GetFromJsonAsync<JsonObject>("datastore/", Stop))!["label_tags"]!.AsObject());
    }

    [Theory]
    [InlineData("medsam2?images=some", "{}", 422)]
    [InlineData("medsam2?run_sync=perhaps", "{}", 422)]
    [InlineData("none", "{}", 404)]
    [InlineData("medsam2", """{"max_workers":-1}""", 422)]
    [InlineData("medsam2", """{"prompts":[1]}""", 422)]
    [InlineData("medsam2", """{"prompts":{"x":{"roi":[1]}}}""", 422)]
    [InlineData("medsam2", """{"label_tag":"../x"}""", 422)]
    [InlineData("medsam2", """{"images":[1]}""", 422)]
    [InlineData("medsam2", "{", 400)]
    public async Task What_cannot_be_understood_starts_nothing(string address, string body, int status)
    {
        Assert.Equal(status, (await Client.JsonAsync("POST", $"/batch/infer/{address}", body)).Status);
        Assert.Equal(404, (await Client.GetAsync("/batch/infer")).Status);
    }

    private async Task<JsonNode> RunAsync(string address, object body)
    {
        using var answer = await _server.Http.PostAsJsonAsync($"batch/infer/{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}run_sync=true", body, Stop);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        return await RunningServer.JsonAsync(answer);
    }

    private async Task UploadCopyAsync() =>
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/?image={Copy}", [], ("file", "x.nii.gz", TestVolumes.Series()))).Status);

    private async Task SaveLabelAsync(string id, string tag, LabelMap label, string parameters) =>
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/label?image={id}&tag={tag}", [("params", parameters)], ("label", "x.nii.gz", TestVolumes.Nifti(label)))).Status);

    private async Task<LabelMap> LabelAsync(string id, string tag)
    {
        var content = await _server.Http.GetByteArrayAsync($"datastore/label?label={id}&tag={tag}", Stop);
        return ImageFile.ReadLabelMap(new MemoryStream(content), cancellation: Stop).LayOnto(TestSeries.Volume.Geometry);
    }
}
