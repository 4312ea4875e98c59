using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;
using MedSam2.Studies.Writing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: datastore.</summary>
public sealed class DatastoreConformance(RunningServer server) : IClassFixture<RunningServer>
{
    private readonly PlainClient _client = new(server.Address);

    [Fact]
    public async Task C49_an_uploaded_image_appears_in_the_list_and_the_total()
    {
        var before = await StatsAsync();
        var answer = await UploadAsync("upload one");

        Assert.Equal("""{"image":"upload one"}""", answer.Text);
        Assert.Equal(before["total"]!.GetValue<int>() + 1, (await StatsAsync())["total"]!.GetValue<int>());
        var info = (await AllAsync())["upload one"]!["image"]!;
        Assert.Equal(".nii.gz", info["ext"]!.GetValue<string>());
        Assert.Equal("upload one.nii.gz", info["info"]!["name"]!.GetValue<string>());
        Assert.Equal("user-xyz", info["info"]!["client_id"]!.GetValue<string>());
        Assert.True(info["info"]!["ts"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task C50_a_label_without_a_tag_is_final_and_completes_its_image()
    {
        await UploadAsync("c50");
        var before = await StatsAsync();
        var saved = await SaveAsync("c50", TestVolumes.Nifti());

        Assert.Equal((200, """{"image":"c50","label":"c50"}"""), (saved.Status, saved.Text));
        var after = await StatsAsync();
        Assert.Equal(before["completed"]!.GetValue<int>() + 1, after["completed"]!.GetValue<int>());
        Assert.Equal((before["label_tags"]!["final"]?.GetValue<int>() ?? 0) + 1, after["label_tags"]!["final"]!.GetValue<int>());
        var unknown = await SaveAsync("nobody", TestVolumes.Nifti());
        Assert.Equal(404, unknown.Status);
        Assert.NotEmpty(unknown.Json!["detail"]!.GetValue<string>());
    }

    [Fact]
    public async Task C51_a_label_comes_back_with_the_same_bytes_and_a_quoted_name()
    {
        await UploadSeriesAsync("c51");
        var content = TestVolumes.Nrrd(TestVolumes.BlockLabel());
        await _client.MultipartAsync("PUT", "/datastore/label?image=c51", [("params", "{}")], ("label", "/tmp/x/c51.nrrd", content));
        var answer = await _client.GetAsync("/datastore/label?label=c51&tag=final");

        Assert.Equal(content, answer.Body);
        Assert.Equal("attachment; filename=\"c51.nrrd\"", answer.Header("Content-Disposition"));
        Assert.Equal("application/octet-stream", answer.Header("Content-Type"));
        Assert.Equal(content.Length.ToString(), answer.Header("Content-Length"));
    }

    [Fact]
    public async Task C52_HEAD_names_the_image_and_GET_the_label()
    {
        await UploadAsync("c52");
        await SaveAsync("c52", TestVolumes.Nifti());

        Assert.Equal(200, (await _client.HeadAsync("/datastore/label?image=c52&tag=final")).Status);
        Assert.Equal(404, (await _client.HeadAsync("/datastore/label?image=c52&tag=original")).Status);
        Assert.Equal(422, (await _client.HeadAsync("/datastore/label?label=c52&tag=final")).Status);
        Assert.Equal(200, (await _client.GetAsync("/datastore/label?label=c52")).Status);
        Assert.Equal(404, (await _client.GetAsync("/datastore/label?label=c52&tag=original")).Status);
        Assert.Equal(422, (await _client.GetAsync("/datastore/label?image=c52&tag=final")).Status);
    }

    [Fact]
    public async Task C53_the_Reviewers_url_encoded_form_merges_into_the_info()
    {
        await UploadAsync("c53");
        await SaveAsync("c53", TestVolumes.Nifti());
        const string Form = "params=%7B%22segmentationMeta%22%3A%20%7B%22status%22%3A%20%22approved%22%2C%20%22level%22%3A%20%22easy%22%7D%7D";
        var answer = await _client.FormAsync("PUT", "/datastore/updatelabelinfo?label=c53&tag=final", Form);

        Assert.Equal((200, "null"), (answer.Status, answer.Text));
        var info = (await _client.GetAsync("/datastore/label/info?label=c53&tag=final")).Json!;
        Assert.Equal("approved", info["segmentationMeta"]!["status"]!.GetValue<string>());
        Assert.Equal("medsam2", info["model"]!.GetValue<string>());
        Assert.Equal(404, (await _client.FormAsync("PUT", "/datastore/updatelabelinfo?label=c53&tag=other", Form)).Status);
        Assert.Equal("{}", (await _client.GetAsync("/datastore/label/info?label=c53&tag=other")).Text);
    }

    [Fact]
    public async Task C54_the_list_has_the_layout_that_the_Reviewer_reads()
    {
        await UploadAsync("c54");
        await SaveAsync("c54", TestVolumes.Nifti());
        var all = (await _client.GetAsync("/datastore/?output=all")).Json!.AsObject();

        Assert.Equal(["name", "description", "images_dir", "labels_dir", "objects"], all.Select(pair => pair.Key));
        foreach (var (_, entry) in all["objects"]!.AsObject())
        {
            Assert.NotEmpty(entry!["image"]!["ext"]!.GetValue<string>());
            Assert.NotEmpty(entry["image"]!["info"]!["name"]!.GetValue<string>());
            foreach (var (_, label) in entry["labels"]!.AsObject())
                Assert.NotEmpty(label!["info"]!["name"]!.GetValue<string>());
        }

        var saved = all["objects"]!["c54"]!["labels"]!["final"]!;
        Assert.Equal("""[{"name":"spleen","idx":1}]""", saved["info"]!["label_info"]!.ToJsonString());
        Assert.DoesNotContain(Path.GetTempPath(), all.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(422, (await _client.GetAsync("/datastore/?output=some")).Status);
    }

    [Theory]
    [InlineData("final")]
    [InlineData("version_1")]
    public async Task C55_a_deleted_label_is_gone_from_the_stats_at_once(string tag)
    {
        await UploadAsync("c55");
        var before = (await StatsAsync()).ToJsonString();
        await SaveAsync("c55", TestVolumes.Nifti(), tag);
        Assert.NotEqual(before, (await StatsAsync()).ToJsonString());

        Assert.Equal("{}", (await _client.DeleteAsync($"/datastore/label?id=c55&tag={tag}")).Text);
        Assert.Equal(before, (await StatsAsync()).ToJsonString());
        Assert.Equal(200, (await _client.DeleteAsync($"/datastore/label?id=c55&tag={tag}")).Status);
    }

    [Fact]
    public async Task C56_a_label_saved_with_another_extension_leaves_one_file()
    {
        await UploadSeriesAsync("c56");
        await SaveAsync("c56", TestVolumes.Nifti(), "original");
        await _client.MultipartAsync("PUT", "/datastore/label?image=c56&tag=original", [], ("label", "c56.nrrd", TestVolumes.Nrrd(TestVolumes.BlockLabel())));

        var files = Directory.GetFiles(server.DataFolder, "c56.*", SearchOption.AllDirectories).Where(file => file.Contains("original", StringComparison.Ordinal));
        Assert.Equal("c56.nrrd", Path.GetFileName(Assert.Single(files)));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("a+b")]
    [InlineData("1.2.840.99")]
    [InlineData("größe 体")]
    public async Task C57_odd_ids_come_back_as_they_went(string id)
    {
        var quoted = Uri.EscapeDataString(id).Replace("%20", "+", StringComparison.Ordinal);
        var answer = await _client.MultipartAsync("PUT", $"/datastore/?image={quoted}", [("params", "{}")], ("file", "x.nii.gz", TestVolumes.Nifti()));
        Assert.Equal(id, answer.Json!["image"]!.GetValue<string>());
        Assert.Equal(200, (await _client.MultipartAsync("PUT", $"/datastore/label?image={quoted}", [], ("label", "x.nii.gz", TestVolumes.Nifti()))).Status);

        Assert.Contains(id, (await AllAsync()).Select(pair => pair.Key));
        var label = await _client.GetAsync($"/datastore/label?label={quoted}&tag=final");
        Assert.Equal((200, id + ".nii.gz"), (label.Status, label.FileName));
        Assert.Equal(TestVolumes.Nifti(), (await _client.GetAsync($"/datastore/image?image={quoted}")).Body);
        Assert.Equal(200, (await _client.DeleteAsync($"/datastore/?id={quoted}")).Status);
        Assert.DoesNotContain(id, (await AllAsync()).Select(pair => pair.Key));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a%2F..%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("..%2F..%2Fetc")]
    [InlineData("a%00b")]
    [InlineData(".hidden")]
    public async Task C57_ids_and_tags_that_leave_the_folder_are_rejected(string name)
    {
        await UploadAsync("c57");
        var answer = await _client.MultipartAsync("PUT", $"/datastore/?image={name}", [], ("file", "x.nii.gz", TestVolumes.Nifti()));
        Assert.Equal(400, answer.Status);
        Assert.NotEmpty(answer.Json!["detail"]!.GetValue<string>());
        Assert.Equal(400, (await _client.MultipartAsync("PUT", $"/datastore/label?image=c57&tag={name}", [], ("label", "x.nii.gz", TestVolumes.Nifti()))).Status);
        Assert.Equal(404, (await _client.GetAsync($"/datastore/label?label=c57&tag={name}")).Status);
        Assert.Equal(404, (await _client.GetAsync($"/datastore/image?image={name}")).Status);
    }

    [Fact]
    public async Task C58_a_models_label_keeps_the_names_that_Slicer_loads_it_by()
    {
        await UploadAsync("c58");
        await _client.MultipartAsync(
            "PUT", "/datastore/label?image=c58&tag=original", [("params", """{"model":"medsam2","params":{"label_names":{"spleen":1}}}""")], ("label", "l.nii.gz", TestVolumes.Nifti()));

        var original = (await AllAsync())["c58"]!["labels"]!["original"]!;
        Assert.Equal(1, original["info"]!["params"]!["label_names"]!["spleen"]!.GetValue<int>());
        Assert.Equal(["original"], (await AllAsync())["c58"]!["labels"]!.AsObject().Select(label => label.Key));
        Assert.Equal(200, (await _client.GetAsync("/datastore/label?label=c58&tag=original")).Status);
    }

    [Fact]
    public async Task C64_an_approved_label_of_a_series_becomes_one_SEG_about_it()
    {
        Assert.Equal(200, (await SaveSeriesLabelAsync(TestVolumes.BlockLabel())).Status);
        var first = await SegmentationsAsync();
        Assert.Equal(TestSeries.Uid, Assert.Single(first).Dataset.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].GetSingleValue<string>(DicomTag.SeriesInstanceUID));
        var described = (await _client.GetAsync("/datastore/?output=all")).Json!["objects"]![TestSeries.Uid]!["labels"]!["final"]!;
        Assert.Equal(".nii.gz", described["ext"]!.GetValue<string>());
        Assert.True((await StatsAsync())["completed"]!.GetValue<int>() >= 1);

        Assert.Equal(200, (await SaveSeriesLabelAsync(TestVolumes.BlockLabel(2), "spleen", "liver")).Status);
        var second = Assert.Single(await SegmentationsAsync());
        Assert.NotEqual(first[0].Dataset.GetSingleValue<string>(DicomTag.SOPInstanceUID), second.Dataset.GetSingleValue<string>(DicomTag.SOPInstanceUID));
        Assert.Equal("liver", Assert.Single(SegmentationReader.Open(second.Dataset).Segments).Label);

        Assert.Equal(200, (await _client.DeleteAsync($"/datastore/label?id={TestSeries.Uid}&tag=final")).Status);
        Assert.Empty(await SegmentationsAsync());
    }

    [Fact]
    public async Task C65_the_SEG_of_a_saved_mask_has_its_voxels()
    {
        var mask = TestVolumes.BlockLabel();
        await SaveSeriesLabelAsync(mask);

        var series = new SeriesReader().Read([.. CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description)]);
        var aligned = SegmentationReader.Open(Assert.Single(await SegmentationsAsync()).Dataset).AlignTo(series.SourceHeaders);
        var voxels = new byte[mask.Labels.Length];
        const int Area = TestSeries.Columns * TestSeries.Rows;
        for (var k = 0; k < TestSeries.Slices; k++)
            aligned.ReadMask(1, k, voxels.AsSpan(k * Area, Area));
        Assert.Equal(mask.Labels, voxels);
        await _client.DeleteAsync($"/datastore/label?id={TestSeries.Uid}&tag=final");
    }

    [Fact]
    public async Task A_SEG_is_taken_as_a_label_of_its_series_and_no_other()
    {
        using var made = await server.InferAsync(new { roi = TestSeries.Roi(4, 4), label_info = new[] { new { name = "liver" } } }, output: "dicom_seg");
        var segmentation = await made.Content.ReadAsByteArrayAsync();
        await UploadAsync("no series");

        Assert.Equal(422, (await _client.MultipartAsync("PUT", "/datastore/label?image=no+series", [], ("label", "seg.dcm", segmentation))).Status);
        Assert.Equal(200, (await _client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}", [], ("label", "seg.dcm", segmentation))).Status);
        Assert.Equal(segmentation, (await _client.GetAsync($"/datastore/label?label={TestSeries.Uid}&tag=final")).Body);
        Assert.Single(await SegmentationsAsync());
        await _client.DeleteAsync($"/datastore/label?id={TestSeries.Uid}&tag=final");
        Assert.Empty(await SegmentationsAsync());
    }

    [Fact]
    public async Task An_empty_label_is_kept_and_makes_no_SEG()
    {
        Assert.Equal(200, (await SaveSeriesLabelAsync(new(TestSeries.Volume.Geometry))).Status);
        Assert.Empty(await SegmentationsAsync());
        await _client.DeleteAsync($"/datastore/label?id={TestSeries.Uid}&tag=final");
    }

    [Fact]
    public async Task A_label_that_lies_outside_its_image_is_refused_and_the_one_before_it_stays()
    {
        await UploadAsync("elsewhere");
        await SaveAsync("elsewhere", TestVolumes.Nifti());
        foreach (var tag in new[] { null, "original" })
        {
            var answer = await SaveAsync("elsewhere", TestVolumes.Nifti(500), tag);
            Assert.Equal(422, answer.Status);
            Assert.Contains("lies outside the image", answer.Text, StringComparison.Ordinal);
        }

        Assert.Equal(TestVolumes.Nifti(), (await _client.GetAsync("/datastore/label?label=elsewhere")).Body);
        Assert.Equal(404, (await _client.GetAsync("/datastore/label?label=elsewhere&tag=original")).Status);
    }

    [Fact]
    public async Task A_raw_label_becomes_a_volume_on_the_images_grid()
    {
        var mask = TestVolumes.BlockLabel();
        Assert.Equal(200, (await _client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}&tag=raw", [], ("label", "label.bin", mask.Labels))).Status);
        Assert.Equal(422, (await _client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}&tag=raw", [], ("label", "label.bin", mask.Labels[1..]))).Status);

        var answer = await _client.GetAsync($"/datastore/label?label={TestSeries.Uid}&tag=raw");
        Assert.Equal(TestSeries.Uid + ".nii.gz", answer.FileName);
        using var file = new MemoryStream(answer.Body);
        Assert.Equal(mask.Labels, ImageFile.ReadLabelMap(file).Labels);
    }

    /// <summary>OHIF's client has one name for whatever it sends, and what it got from <c>/infer</c> is NRRD.</summary>
    [Fact]
    public async Task A_mask_of_infer_is_taken_as_a_label_under_the_name_that_OHIFs_client_gives_it()
    {
        var mask = TestVolumes.BlockLabel();
        foreach (var (content, tag) in new[] { (TestVolumes.Nrrd(mask), "nrrd"), (TestVolumes.Nifti(mask), "nifti") })
        {
            Assert.Equal(200, (await _client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}&tag={tag}", [], ("label", "label.bin", content))).Status);
            using var file = new MemoryStream((await _client.GetAsync($"/datastore/label?label={TestSeries.Uid}&tag={tag}")).Body);
            Assert.Equal(mask.Labels, ImageFile.ReadLabelMap(file).LayOnto(TestSeries.Volume.Geometry).Labels);
        }
    }

    [Fact]
    public async Task A_series_is_downloaded_as_NIfTI_with_a_checksum_that_HEAD_compares()
    {
        var answer = await _client.GetAsync($"/datastore/image?image={TestSeries.Uid}");
        Assert.Equal(TestSeries.Uid + ".nii.gz", answer.FileName);
        using var file = new MemoryStream(answer.Body);
        var volume = ImageFile.ReadVolume(file);
        Assert.Equal(TestSeries.Volume[70, 17, 4], volume[70, 17, 4]);

        var sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(answer.Body));
        foreach (var asked in new[] { "", $"&check_sum={sum}", $"&check_sum=SHA256:{sum}" })
        {
            var head = await _client.HeadAsync($"/datastore/image?image={TestSeries.Uid}{asked}");
            Assert.Equal((200, 0, answer.Body.Length.ToString()), (head.Status, head.Body.Length, head.Header("Content-Length")));
        }

        Assert.Equal(404, (await _client.HeadAsync($"/datastore/image?image={TestSeries.Uid}&check_sum=SHA256:00")).Status);
        Assert.Equal(404, (await _client.HeadAsync("/datastore/image?image=none")).Status);
        Assert.NotNull(answer.Header("ETag"));
        Assert.NotNull(answer.Header("Last-Modified"));
    }

    [Theory]
    [InlineData("x.nii.gz", "no volume", 400)]
    [InlineData("x.txt", "text", 422)]
    [InlineData("x.dcm", "text", 422)]
    public async Task What_is_no_volume_does_not_become_an_image(string name, string content, int status)
    {
        var before = (await StatsAsync()).ToJsonString();
        var answer = await _client.MultipartAsync("PUT", "/datastore/?image=nothing", [], ("file", name, Encoding.ASCII.GetBytes(content)));

        Assert.Equal(status, answer.Status);
        Assert.True(answer.Json!.AsObject().ContainsKey("detail"));
        Assert.Equal(before, (await StatsAsync()).ToJsonString());
    }

    [Fact]
    public async Task An_image_with_labels_is_not_replaced_by_another_of_its_name()
    {
        await UploadAsync("kept");
        await SaveAsync("kept", TestVolumes.Nifti());

        Assert.Equal(200, (await UploadAsync("kept")).Status);
        Assert.Equal(409, (await _client.MultipartAsync("PUT", "/datastore/?image=kept", [], ("file", "x.nii.gz", TestVolumes.Nifti(5)))).Status);
        Assert.Equal(409, (await _client.MultipartAsync("PUT", $"/datastore/?image={TestSeries.Uid}", [], ("file", "x.nii.gz", TestVolumes.Nifti()))).Status);
    }

    [Fact]
    public async Task An_uploaded_volume_is_segmented_by_its_id()
    {
        using var file = new MemoryStream();
        Imaging.Formats.Nifti.NiftiFile.Write(file, TestSeries.Volume, compress: true);
        await _client.MultipartAsync("PUT", "/datastore/?image=block", [], ("file", "x.nii.gz", file.ToArray()));
        using var answer = await server.InferAsync("infer/medsam2_2d?image=block", ("params", """{"roi":[60,83,10,25,4,4]}"""));

        var (_, mask, _) = await RunningServer.ReadAsync(answer);
        Assert.True(Overlap.Dice(mask, 1, await server.MaskAsync(new { roi = TestSeries.Roi(4, 4) }, "medsam2_2d"), 1) > 0.9);
    }

    [Fact]
    public async Task The_dataset_holds_approved_labels_and_their_images()
    {
        await UploadAsync("packed");
        await SaveAsync("packed", TestVolumes.Nifti());
        var answer = await _client.GetAsync("/datastore/dataset");

        Assert.Equal("attachment; filename=\"dataset.zip\"", answer.Header("Content-Disposition"));
        using var zip = new ZipArchive(new MemoryStream(answer.Body));
        Assert.Contains("image/packed.nii.gz", zip.Entries.Select(entry => entry.FullName));
        using var label = zip.GetEntry("label/packed.nii.gz")!.Open();
        using var content = new MemoryStream();
        await label.CopyToAsync(content);
        Assert.Equal(TestVolumes.Nifti(), content.ToArray());
        Assert.NotNull(zip.GetEntry("metadata.json"));
        Assert.Equal(422, (await _client.GetAsync("/datastore/dataset?limit_cases=x")).Status);
    }

    [Fact]
    public async Task Training_pairs_are_addresses_that_answer()
    {
        await UploadAsync("trained");
        await SaveAsync("trained", TestVolumes.Nifti());
        var pair = (await _client.GetAsync("/datastore/?output=train")).Json!.AsArray().Single(entry => entry!["image"]!.GetValue<string>().EndsWith("trained", StringComparison.Ordinal))!;

        Assert.Equal(200, (await _client.GetAsync(pair["image"]!.GetValue<string>())).Status);
        Assert.Equal(200, (await _client.GetAsync(pair["label"]!.GetValue<string>())).Status);
    }

    [Fact]
    public async Task What_is_known_of_an_image_can_be_added_to()
    {
        await UploadAsync("noted");
        Assert.Equal("null", (await _client.FormAsync("PUT", "/datastore/image/info?image=noted", "info=%7B%22quality%22%3A2%7D")).Text);

        var info = (await _client.GetAsync("/datastore/image/info?image=noted")).Json!;
        Assert.Equal(2, info["quality"]!.GetValue<int>());
        Assert.Equal("user-xyz", info["client_id"]!.GetValue<string>());
        Assert.Equal("{}", (await _client.GetAsync("/datastore/image/info?image=none")).Text);
        Assert.Equal(404, (await _client.FormAsync("PUT", "/datastore/image/info?image=none", "info=%7B%7D")).Status);
    }

    private Task<PlainAnswer> UploadAsync(string id) => _client.MultipartAsync(
        "PUT", $"/datastore/?image={id.Replace(' ', '+')}", [("params", """{"client_id": "user-xyz"}""")], ("file", "/home/a user/scan.nii.gz", TestVolumes.Nifti()));

    private Task<PlainAnswer> UploadSeriesAsync(string id) =>
        _client.MultipartAsync("PUT", $"/datastore/?image={id}", [], ("file", "scan.nii.gz", TestVolumes.Series()));

    private Task<PlainAnswer> SaveAsync(string id, byte[] label, string? tag = null) => _client.MultipartAsync(
        "PUT", $"/datastore/label?image={id}{(tag is null ? "" : $"&tag={tag}")}",
        [("params", """{"label_info": [{"name": "spleen", "idx": 1}], "model": "medsam2", "client_id": "user-xyz"}""")], ("label", "C:\\tmp\\l.nii.gz", label));

    private Task<PlainAnswer> SaveSeriesLabelAsync(Imaging.Volumes.LabelMap labels, params string[] names)
    {
        var info = new JsonObject { ["label_info"] = new JsonArray([.. names.Select((name, n) => new JsonObject { ["name"] = name, ["idx"] = n + 1 })]) };
        return _client.MultipartAsync("PUT", $"/datastore/label?image={TestSeries.Uid}", [("params", info.ToJsonString())], ("label", "l.nii.gz", TestVolumes.Nifti(labels)));
    }

    private async Task<JsonNode> StatsAsync() => (await _client.GetAsync("/datastore/")).Json!;

    private async Task<JsonObject> AllAsync() => (await _client.GetAsync("/datastore/?output=all")).Json!["objects"]!.AsObject();

    private async Task<IReadOnlyList<DicomFile>> SegmentationsAsync()
    {
        var store = server.Services.GetRequiredService<StudyStore>();
        var found = await store.QueryAsync(new StudyQuery(QueryLevel.Instance) { Filters = [new(DicomTag.Modality, "SEG")] });
        List<DicomFile> files = [];
        foreach (var match in found.Matches)
        {
            var key = new InstanceKey(match.GetString(DicomTag.StudyInstanceUID), match.GetString(DicomTag.SeriesInstanceUID), match.GetString(DicomTag.SOPInstanceUID));
            files.Add(await DicomFile.OpenAsync((await store.FindInstancesAsync(key))[0].Path));
        }

        return files;
    }
}
