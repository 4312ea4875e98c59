using System.Text;
using System.Text.Json;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.TestSupport;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: infer. Requests are byte for byte those of the Python and Slicer clients.</summary>
public sealed class InferConformance(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Nrrd = "\"result_extension\": \".nrrd\", \"result_dtype\": \"uint8\"";
    private const string Box = "{\"roi\": [60, 83, 10, 25, 4, 4], \"label\": \"spleen\", " + Nrrd + ", \"client_id\": \"user-xyz\"}";

    private static readonly string Series = $"image={TestSeries.Uid}";

    private readonly PlainClient _client = new(server.Address);

    [Fact]
    public async Task C18_and_C19_the_parser_of_the_Python_client_and_of_Slicer_finds_file_and_params()
    {
        var python = ExternalTool.Require("python3", "python3");
        var script = Path.Combine(RepositoryPaths.Root, "tests", "MedSam2.Server.Tests", "MonaiLabel", "Conformance", "monai_client.py");
        var (code, output) = await Task.Run(() => ExternalTool.Run(python, "-W", "ignore", script, server.Address.ToString(), $"/infer/medsam2_2d?{Series}", Box));

        Assert.True(code == 0, output);
        var told = System.Text.Json.Nodes.JsonNode.Parse(output)!;
        var file = Assert.Single(told["files"]!.AsArray())!;
        Assert.EndsWith(".nrrd", file[0]!.GetValue<string>(), StringComparison.Ordinal);
        var alone = await _client.MultipartAsync("POST", $"/infer/medsam2_2d?{Series}&output=image", [("params", Box)]);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(alone.Body)), file[1]!.GetValue<string>());
        Assert.Equal(1, told["params"]!["label_names"]!["spleen"]!.GetValue<int>());
    }

    [Fact]
    public async Task C20_and_C21_the_answer_has_a_length_and_its_two_parts()
    {
        var answer = await InferAsync(Box);

        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Body.Length.ToString(), answer.Header("Content-Length"));
        Assert.Null(answer.Header("Transfer-Encoding"));
        Assert.Null(answer.Header("Content-Encoding"));
        var boundary = answer.Header("Content-Type")!.Split("boundary=")[1];
        Assert.StartsWith($"--{boundary}\r\nContent-Disposition: form-data; name=\"params\"\r\nContent-Type: application/json\r\n\r\n{{", answer.Text, StringComparison.Ordinal);
        Assert.Matches($"\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"[^\"/\\\\]+\\.nrrd\"\r\nContent-Type: application/octet-stream\r\n\r\nNRRD", Encoding.Latin1.GetString(answer.Body));
        Assert.EndsWith($"\r\n--{boundary}--\r\n", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C22_two_calls_give_two_file_names() =>
        Assert.NotEqual((await PartsAsync(await InferAsync(Box))).FileName, (await PartsAsync(await InferAsync(Box))).FileName);

    [Fact]
    public async Task C23_a_request_without_a_body_works() =>
        Assert.Equal(0, (await PartsAsync(await _client.SendAsync("POST", $"/infer/medsam2_2d?{Series}", null, []))).Mask.Count(1));

    [Fact]
    public async Task C24_params_may_be_absent_empty_or_url_encoded()
    {
        Assert.Equal(200, (await _client.MultipartAsync("POST", $"/infer/medsam2_2d?{Series}", [("other", "x")])).Status);
        Assert.Equal(200, (await InferAsync("")).Status);
        var encoded = await _client.FormAsync("POST", $"/infer/medsam2_2d?{Series}", "params=" + Uri.EscapeDataString(Box));
        Assert.Equal((await MaskAsync(Box)).Labels, (await PartsAsync(encoded)).Mask.Labels);
    }

    [Fact]
    public async Task C25_the_image_alone_is_NRRD_and_JSON_alone_the_bare_result()
    {
        var image = await InferAsync(Box, $"{Series}&output=image");
        Assert.StartsWith("NRRD", image.Text, StringComparison.Ordinal);
        Assert.Equal("application/octet-stream", image.Header("Content-Type"));
        Assert.Matches("^attachment; filename=\"[^\"]+\\.nrrd\"$", image.Header("Content-Disposition"));

        var json = (await InferAsync(Box, $"{Series}&output=json")).Json!.AsObject();
        Assert.Equal(1, json["label_names"]!["spleen"]!.GetValue<int>());
        Assert.True(json.ContainsKey("latencies"));
    }

    [Theory]
    [InlineData("original")]
    [InlineData("")]
    [InlineData("everything")]
    public async Task C26_an_output_that_is_none_is_422(string output) => Assert.Equal(422, (await InferAsync(Box, $"{Series}&output={output}")).Status);

    [Fact]
    public async Task C27_a_SEG_without_names_is_refused_as_JSON()
    {
        var answer = await InferAsync(Box, $"{Series}&output=dicom_seg");

        Assert.Equal(404, answer.Status);
        Assert.NotNull(answer.Json!["detail"]);
    }

    [Theory]
    [InlineData("/infer/none", "image=x", "{}")]
    [InlineData("/infer/medsam2", "image=none", "{}")]
    [InlineData("/infer/medsam2", "image=undefined", "{}")]
    [InlineData("/infer/medsam2", "", "{}")]
    [InlineData("/infer/medsam2", "image=x", "{")]
    public async Task C28_a_request_that_cannot_be_answered_gets_the_reason(string path, string query, string parameters)
    {
        var answer = await _client.MultipartAsync("POST", $"{path}?{query}", [("params", parameters)]);

        Assert.InRange(answer.Status, 400, 422);
        Assert.NotEmpty(answer.Json!["detail"]!.ToJsonString());
    }

    [Theory]
    [InlineData("{}", 200)]
    [InlineData("{\"foreground\": [], \"background\": []}", 200)]
    [InlineData("{\"foreground\": [[null, 2, 3]]}", 200)]
    [InlineData("{\"foreground\": [[70, 17, 4]]}", 200)]
    [InlineData("{\"foreground\": [[70, 17, 400]]}", 422)]
    [InlineData("{\"liver\": [[1, 2, 3]], \"null\": [], \"points\": [[1, 2, 3]], \"pylab\": true}", 200)]
    public async Task C29_odd_points_crash_nothing(string parameters, int status) => Assert.Equal(status, (await InferAsync(parameters)).Status);

    [Fact]
    public async Task C30_pairs_of_a_box_may_descend() => Assert.Equal(
        (await MaskAsync("{\"roi\": [60, 83, 10, 25, 4, 4]}")).Labels, (await MaskAsync("{\"roi\": [83, 60, 25, 10, 4, 4]}")).Labels);

    [Fact]
    public async Task C31_a_slice_model_fills_one_slice()
    {
        var mask = await MaskAsync("{\"foreground\": [[70, 17, 5]], \"slice\": 5}");

        Assert.Equal([5], Enumerable.Range(0, TestSeries.Slices).Where(k => mask.ReadSlice(SliceAxis.K, k, 1).Count() > 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task C32_NRRD_is_one_byte_a_voxel_raw_unless_asked_otherwise(bool compress)
    {
        var answer = await InferAsync($$"""{"roi": [60, 83, 10, 25, 4, 4], {{Nrrd}}, "result_compress": {{(compress ? "true" : "false")}}, "restore_label_idx": false}""", $"{Series}&output=image");

        var header = Encoding.Latin1.GetString(answer.Body).Split("\n\n")[0];
        Assert.Contains("\ndimension: 3", header, StringComparison.Ordinal);
        Assert.Contains($"\nsizes: {TestSeries.Columns} {TestSeries.Rows} {TestSeries.Slices}", header, StringComparison.Ordinal);
        Assert.Matches("\ntype: (uint8|uchar|unsigned char)", header);
        Assert.Contains($"\nencoding: {(compress ? "gzip" : "raw")}", header, StringComparison.Ordinal);
        var mask = await MaskAsync(Box);
        if (!compress)
            Assert.Equal(mask.Labels, answer.Body[(header.Length + 2)..]);
        using var file = new MemoryStream(answer.Body);
        Assert.Equal(mask.Labels, ImageFile.ReadLabelMap(file).Labels);
    }

    public static TheoryData<string, double[]> Grids => new()
    {
        { "axial", [0.8, 0, 0, 0, 0.9, 0, 0, 0, 3] },
        { "sagittal", [0, 0.8, 0, 0, 0, -0.9, 3, 0, 0] },
        { "coronal", [0.8, 0, 0, 0, 0, -0.9, 0, 3, 0] },
        { "oblique", [0.64, 0.48, 0, -0.54, 0.72, 0, 0, 0, 3] },
        { "RAS", [-0.8, 0, 0, 0, -0.9, 0, 0, 0, 3] },
        { "descending", [0.8, 0, 0, 0, 0.9, 0, 0, 0, -3] },
    };

    [Theory]
    [MemberData(nameof(Grids))]
    public async Task C33_and_C34_the_mask_lies_on_the_images_grid_at_the_voxel_that_was_clicked(string name, double[] axes)
    {
        var grid = new VolumeGeometry(TestSeries.Columns, TestSeries.Rows, TestSeries.Slices, new Affine(
            new(axes[0], axes[1], axes[2]), new(axes[3], axes[4], axes[5]), new(axes[6], axes[7], axes[8]), new(-30, 20, 100)));
        using var file = new MemoryStream();
        NrrdFile.Write(file, new Volume(grid, TestSeries.Volume.Voxels));
        var id = $"grid {name}".Replace(' ', '-');
        Assert.Equal(200, (await _client.MultipartAsync("PUT", $"/datastore/?image={id}", [], ("file", "x.nrrd", file.ToArray()))).Status);

        foreach (var (query, parameters) in new[]
        {
            ($"image={id}", "{\"label\": \"spleen\", \"foreground\": [[70, 17, 4]], \"background\": [], " + Nrrd + "}"),
            ($"image={id}&output=image", "{\"foreground\":[[70,17,4]],\"background\":[],\"result_extension\":\".nrrd\",\"result_dtype\":\"uint8\",\"result_compress\":false}"),
        })
        {
            var answer = await InferAsync(parameters, query);
            using var alone = new MemoryStream(answer.Body);
            var mask = query.EndsWith("output=image", StringComparison.Ordinal) ? ImageFile.ReadLabelMap(alone) : (await PartsAsync(answer)).Mask;
            foreach (var corner in new Vector3D[] { new(0, 0, 0), new(90, 0, 0), new(0, 60, 0), new(0, 0, 9) })
                Assert.True((grid.IjkToLps.Transform(corner) - mask.Geometry.IjkToLps.Transform(corner)).Length < 1e-3);
            Assert.Equal(1, mask[70, 17, 4]);
            var inside = Enumerable.Range(0, mask.Labels.Length).Count(n => mask.Labels[n] != 0 && TestSeries.InBlock(n % TestSeries.Columns, n / TestSeries.Columns % TestSeries.Rows, n / (TestSeries.Columns * TestSeries.Rows), 4));
            Assert.True(inside > mask.Count(1) - inside, $"{inside} of {mask.Count(1)} voxels lie at the block.");
        }
    }

    [Fact]
    public async Task C35_the_mask_holds_0_and_1() => Assert.Equal(new byte[] { 0, 1 }, (await MaskAsync(Box)).Labels.Distinct().Order());

    [Theory]
    [InlineData("/home/a user/ct.nrrd")]
    [InlineData("C:\\\\data\\\\ct.nrrd")]
    public async Task C36_an_upload_may_be_named_by_its_whole_path(string path)
    {
        using var file = new MemoryStream();
        NrrdFile.Write(file, TestSeries.Volume);
        var answer = await _client.MultipartAsync("POST", "/infer/medsam2_2d?image=", [("params", Box)], ("file", path, file.ToArray()));

        Assert.True((await PartsAsync(answer)).Mask.Count(1) > 100);
    }

    [Fact]
    public async Task C38_a_label_file_and_a_labels_name_do_not_clash()
    {
        var answer = await _client.MultipartAsync("POST", $"/infer/medsam2_2d?{Series}", [("params", Box)], ("label", "/tmp/l.nii.gz", TestVolumes.Nifti(TestVolumes.BlockLabel())));

        Assert.Equal(1, (await PartsAsync(answer)).Result.GetProperty("label_names").GetProperty("spleen").GetInt32());
    }

    [Fact]
    public async Task C39_neither_paths_nor_params_choose_image_or_model()
    {
        Assert.Equal(404, (await InferAsync(Box, "image=/etc/passwd")).Status);
        Assert.Equal(404, (await InferAsync($$"""{"image": "{{TestSeries.Uid}}"}""", "image=none")).Status);
        Assert.Equal(400, (await InferAsync($$"""{"image": "{{TestSeries.Uid}}"}""", "")).Status);
        var mask = await MaskAsync("""{"foreground": [[70, 17, 5]], "model": "medsam2"}""");
        Assert.Equal(0, Enumerable.Range(0, TestSeries.Slices).Where(k => k != 5).Sum(k => mask.ReadSlice(SliceAxis.K, k, 1).Count()));
    }

    [Fact]
    public async Task C40_two_users_on_two_images_do_not_disturb_each_other()
    {
        using var file = new MemoryStream();
        NrrdFile.Write(file, new Volume(new VolumeGeometry(64, 96, 10, Affine.Identity), new Int16Voxels([.. Enumerable.Range(0, 64 * 96 * 10).Select(n => (short)(n % 64 > 40 ? 150 : -50))])));
        await _client.MultipartAsync("PUT", "/datastore/?image=other", [], ("file", "x.nrrd", file.ToArray()));
        var (first, second) = (await MaskAsync(Box), await MaskAsync(Other, "image=other"));

        var calls = Enumerable.Range(0, 6).Select(n => n % 2 == 0 ? MaskAsync(Box) : MaskAsync(Other, "image=other")).ToArray();
        for (var n = 0; n < calls.Length; n++)
            Assert.Equal((n % 2 == 0 ? first : second).Labels, (await calls[n]).Labels);
    }

    private const string Other = "{\"foreground\": [[50, 50, 5]], " + Nrrd + "}";

    private Task<PlainAnswer> InferAsync(string parameters, string? query = null) =>
        _client.MultipartAsync("POST", $"/infer/medsam2_2d?{query ?? Series}", [("params", parameters)]);

    private async Task<LabelMap> MaskAsync(string parameters, string? query = null) => (await PartsAsync(await InferAsync(parameters, query))).Mask;

    private static async Task<(JsonElement Result, LabelMap Mask, string FileName)> PartsAsync(PlainAnswer answer)
    {
        Assert.True(answer.Status == 200, $"{answer.Status}: {answer.Text}");
        var reader = new MultipartReader(answer.Header("Content-Type")!.Split("boundary=")[1], new MemoryStream(answer.Body));
        var result = await JsonSerializer.DeserializeAsync<JsonElement>((await reader.ReadNextSectionAsync())!.Body);
        var part = (await reader.ReadNextSectionAsync())!;
        using var mask = new MemoryStream();
        await part.Body.CopyToAsync(mask);
        mask.Position = 0;
        return (result, ImageFile.ReadLabelMap(mask), part.GetContentDispositionHeader()!.FileName.Value!);
    }
}
