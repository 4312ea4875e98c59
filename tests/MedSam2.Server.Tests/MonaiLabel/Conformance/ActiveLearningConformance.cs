using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: next samples. Each test has a server, and so a pool, of its own.</summary>
public sealed class ActiveLearningConformance : IAsyncLifetime
{
    private readonly RunningServer _server = new();

    public ValueTask InitializeAsync() => _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private PlainClient Client => new(_server.Address);

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"k": 1, "client_id": "user-xyz"}""")]
    public async Task C41_the_body_may_be_absent_null_or_an_object(string? body)
    {
        var answer = await Client.JsonAsync("POST", "/activelearning/random", body);

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Equal(TestSeries.Uid, answer.Json!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task C42_a_sample_has_what_clients_read_and_the_checksum_of_its_download()
    {
        var sample = (await NextAsync("first", "a")).AsObject();

        Assert.Equal(TestSeries.Uid + ".nii.gz", sample["name"]!.GetValue<string>());
        Assert.Equal(TestSeries.Uid, sample["SeriesInstanceUID"]!.GetValue<string>());
        Assert.Equal(TestSeries.Description.StudyInstanceUid, sample["StudyInstanceUID"]!.GetValue<string>());
        Assert.Equal(("CT", "BLOCK"), (sample["Modality"]!.GetValue<string>(), sample["PatientID"]!.GetValue<string>()));
        foreach (var key in new[] { "StudyDate", "StudyTime", "RetrieveURL", "path" })
            Assert.True(sample.ContainsKey(key), key);
        var download = await Client.GetAsync($"/datastore/image?image={TestSeries.Uid}");
        Assert.Equal($"SHA256:{Convert.ToHexStringLower(SHA256.HashData(download.Body))}", sample["checksum"]!.GetValue<string>());
        Assert.Equal(200, (await Client.SendAsync("GET", new Uri(sample["RetrieveURL"]!.GetValue<string>()).AbsolutePath + "/metadata", null, [], "Accept: application/dicom+json")).Status);
    }

    [Fact]
    public async Task C43_an_empty_object_says_that_no_image_is_left()
    {
        await SaveFinalAsync(TestSeries.Uid);

        foreach (var strategy in new[] { "random", "first", "uncertainty", "diversity", "hybrid" })
        {
            var answer = await Client.JsonAsync("POST", $"/activelearning/{strategy}", "{}");
            Assert.Equal((200, "{}"), (answer.Status, answer.Text));
        }
    }

    [Fact]
    public async Task C44_serving_is_noted_in_the_images_info_after_the_answer()
    {
        var sample = await NextAsync("random", "user-xyz");
        Assert.Null(sample["strategy"]);

        var info = (await Client.GetAsync($"/datastore/image/info?image={TestSeries.Uid}")).Json!;
        Assert.True(info["strategy"]!["random"]!["ts"]!.GetValue<long>() > 0);
        Assert.Equal("user-xyz", info["strategy"]!["random"]!["client_id"]!.GetValue<string>());
        Assert.Equal(1, (await NextAsync("random", "user-xyz"))["strategy"]!["random"]!.AsObject().Count(pair => pair.Key == "ts"));
    }

    [Fact]
    public async Task Two_annotators_are_not_handed_the_same_image()
    {
        await UploadAsync("volume");
        var first = await NextAsync("first", "anna");
        var second = await NextAsync("first", "ben");

        Assert.Equal([TestSeries.Uid, "volume"], new[] { first, second }.Select(sample => sample["id"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.Empty((await NextAsync("random", "carl")).AsObject());

        // Who asks again gets what is his.
        Assert.Equal(first["id"]!.GetValue<string>(), (await NextAsync("first", "anna"))["id"]!.GetValue<string>());
        await SaveFinalAsync("volume");
        Assert.Empty((await NextAsync("random", "carl")).AsObject());
    }

    [Fact]
    public async Task Who_asks_again_gets_another_image_while_there_is_one()
    {
        await UploadAsync("volume");
        var ids = new[] { await NextAsync("random", "anna"), await NextAsync("random", "anna") }.Select(sample => sample["id"]!.GetValue<string>());

        Assert.Equal(2, ids.Distinct().Count());
    }

    [Fact]
    public async Task An_image_is_read_twice_where_that_is_asked_for()
    {
        await UploadAsync("volume");
        var first = (await NextAsync("first", "anna"))["id"]!.GetValue<string>();

        var second = await Client.JsonAsync("POST", "/activelearning/first", """{"client_id": "ben", "double_reading": true}""");
        Assert.Equal(first, second.Json!["id"]!.GetValue<string>());
        Assert.NotEqual(first, (await NextAsync("first", "carl"))["id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("uncertainty")]
    [InlineData("diversity")]
    [InlineData("hybrid")]
    public async Task Scores_are_made_in_the_background_and_weigh_the_next_choice(string strategy)
    {
        await UploadAsync("volume");
        Assert.False((await NextAsync(strategy, "anna"))["scored"]!.GetValue<bool>());

        JsonNode sample;
        do
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            sample = await NextAsync(strategy, "anna");
        }
        while (!sample["scored"]!.GetValue<bool>());
        Assert.InRange(sample["weight"]!.GetValue<double>(), -1, 2);

        // What was asked for by name is told by name.
        var scored = await Client.JsonAsync("POST", "/scoring/uncertainty?run_sync=true&enqueue=true", "{}");
        Assert.Equal(200, scored.Status);
        Assert.Equal([TestSeries.Uid, "volume"], scored.Json!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.All(scored.Json!.AsObject(), pair => Assert.InRange(pair.Value!.GetValue<double>(), 0, 1));
    }

    [Fact]
    public async Task Hybrid_scores_are_the_mean_of_an_images_places_by_uncertainty_and_diversity()
    {
        for (var n = 0; n < 2; n++)
        {
            using var image = new MemoryStream();
            NiftiFile.Write(image, LabelledVolumes.Create(n).Volume, compress: true, TestContext.Current.CancellationToken);
            Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/?image=v{n}", [], ("file", "x.nii.gz", image.ToArray()))).Status);
        }

        var (uncertainty, diversity, hybrid) = (await ScoresAsync("uncertainty"), await ScoresAsync("diversity"), await ScoresAsync("hybrid"));

        Assert.Equal([TestSeries.Uid, "v0", "v1"], hybrid.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(3, uncertainty.Values.Distinct().Count());
        Assert.All(hybrid, pair => Assert.Equal((Place(uncertainty, pair.Key) + Place(diversity, pair.Key)) / 2, pair.Value, 1e-9));
        var offered = (await Client.GetAsync("/info/")).Json!["scoring"]!.AsObject();
        Assert.Equal(["uncertainty", "diversity", "hybrid", "dice"], offered.Select(method => method.Key));

        // 0 for the least, 1 for the greatest; equal ones share the mean of their places.
        static double Place(Dictionary<string, double> scores, string image) =>
            (scores.Values.Count(v => v < scores[image]) + ((scores.Values.Count(v => v == scores[image]) - 1) / 2.0)) / (scores.Count - 1);
    }

    [Fact]
    public async Task Approved_labels_are_compared_with_what_was_proposed()
    {
        await SaveFinalAsync(TestSeries.Uid);
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}&tag=original", [], ("label", "x.nii.gz", TestVolumes.Nifti(TestVolumes.BlockLabel())))).Status);

        var dice = await Client.JsonAsync("POST", "/scoring/dice?run_sync=true", "{}");

        Assert.Equal(1, dice.Json![TestSeries.Uid]!.GetValue<double>());
        var unknown = await Client.JsonAsync("POST", "/scoring/none", "{}");
        Assert.Equal(404, unknown.Status);
    }

    [Fact]
    public async Task An_unknown_strategy_is_named()
    {
        var answer = await Client.JsonAsync("POST", "/activelearning/none", "{}");

        Assert.Equal(404, answer.Status);
        Assert.Contains("random", answer.Json!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(422, (await Client.SendAsync("POST", "/activelearning/random", "text/plain", "x"u8.ToArray())).Status);
        Assert.Equal(400, (await Client.JsonAsync("POST", "/activelearning/random", "{")).Status);
    }

    private async Task<JsonNode> NextAsync(string strategy, string client) =>
        (await Client.JsonAsync("POST", $"/activelearning/{strategy}", $$"""{"client_id": "{{client}}"}""")).Json!;

    private async Task<Dictionary<string, double>> ScoresAsync(string method)
    {
        var scored = await Client.JsonAsync("POST", $"/scoring/{method}?run_sync=true&enqueue=true", "{}");
        Assert.True(scored.Status == 200, scored.Text);
        return scored.Json!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<double>());
    }

    private async Task UploadAsync(string id) =>
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/?image={id}", [], ("file", "x.nii.gz", TestVolumes.Nifti()))).Status);

    private async Task SaveFinalAsync(string id)
    {
        var label = id == TestSeries.Uid ? TestVolumes.Nifti(TestVolumes.BlockLabel()) : TestVolumes.Nifti();
        Assert.Equal(200, (await Client.MultipartAsync("PUT", $"/datastore/label?image={id}", [], ("label", "x.nii.gz", label))).Status);
    }
}
