using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store;
using MedSam2.Studies.Writing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

public sealed partial class InferAnswerTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly object Box = new { roi = TestSeries.Roi(4, 4), label = "liver", result_extension = ".nrrd" };

    [Fact]
    public async Task The_default_answer_has_a_length_and_the_layout_that_raw_parsers_expect()
    {
        using var answer = await server.InferAsync(Box, "medsam2_2d");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotNull(answer.Content.Headers.ContentLength);
        Assert.Null(answer.Headers.TransferEncodingChunked);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Equal("multipart/form-data", answer.Content.Headers.ContentType!.MediaType);
        var boundary = answer.Content.Headers.ContentType.Parameters.Single().Value!;
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(answer.Content.Headers.ContentLength, bytes.Length);
        var text = Encoding.Latin1.GetString(bytes);
        Assert.StartsWith($"--{boundary}\r\nContent-Disposition: form-data; name=\"params\"\r\nContent-Type: application/json\r\n\r\n{{\"label_names\":{{\"liver\":1}}", text, StringComparison.Ordinal);
        Assert.Matches(MaskPart(), text);
        Assert.EndsWith($"\r\n--{boundary}--\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_answers_have_different_file_names_with_the_asked_extension()
    {
        using var first = await server.InferAsync(Box, "medsam2_2d");
        using var second = await server.InferAsync(Box, "medsam2_2d");
        var (a, b) = (await RunningServer.ReadAsync(first), await RunningServer.ReadAsync(second));

        Assert.EndsWith(".nrrd", a.FileName, StringComparison.Ordinal);
        Assert.NotEqual(a.FileName, b.FileName);
    }

    [Fact]
    public async Task The_image_alone_is_a_raw_NRRD_of_one_byte_a_voxel_in_the_display_order()
    {
        using var answer = await server.InferAsync(new { roi = TestSeries.Roi(4, 4), result_extension = ".nrrd", result_dtype = "uint8", result_compress = false }, "medsam2_2d", "image");

        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Matches("^attachment; filename=\"[^\"]+\\.nrrd\"$", answer.Content.Headers.GetValues("Content-Disposition").Single());
        using var file = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(file.Length, answer.Content.Headers.ContentLength);
        var header = NrrdFile.ReadHeader(file);
        Assert.Equal(NrrdEncoding.Raw, header.Encoding);
        const long Voxels = TestSeries.Columns * TestSeries.Rows * TestSeries.Slices;
        var text = Encoding.Latin1.GetString(file.ToArray());
        Assert.Equal(Voxels, file.Length - text.IndexOf("\n\n", StringComparison.Ordinal) - 2);
        Assert.Contains($"sizes: {TestSeries.Columns} {TestSeries.Rows} {TestSeries.Slices}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".nrrd", "uint8", false)]
    [InlineData(".nrrd", "uint16", true)]
    [InlineData(".nii.gz", "uint8", false)]
    [InlineData(".nii", "int16", false)]
    public async Task Every_file_type_carries_the_same_mask_on_the_grid_of_the_image(string extension, string type, bool compress)
    {
        var expected = await server.MaskAsync(Box, "medsam2_2d");
        using var answer = await server.InferAsync(
            new { roi = TestSeries.Roi(4, 4), result_extension = extension, result_dtype = type, result_compress = compress }, "medsam2_2d");
        var (_, mask, name) = await RunningServer.ReadAsync(answer);

        Assert.EndsWith(extension, name, StringComparison.Ordinal);
        Assert.Equal(expected.Labels, mask.Labels);
        AssertSameGrid(TestSeries.Volume.Geometry, mask.Geometry);
    }

    [Fact]
    public async Task JSON_alone_is_the_bare_result()
    {
        using var answer = await server.InferAsync(Box, "medsam2_2d", "json");
        var result = (await RunningServer.JsonAsync(answer)).AsObject();

        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(1, result["label_names"]!["liver"]!.GetValue<int>());
        Assert.True(result["latencies"]!["total"]!.GetValue<double>() > 0);
        Assert.False(result.ContainsKey("stored"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_any_prompt_the_mask_is_empty(bool withBody)
    {
        using var answer = withBody
            ? await server.InferAsync($"infer/medsam2?image={TestSeries.Uid}", ("params", ""))
            : await server.Http.PostAsync($"infer/medsam2?image={TestSeries.Uid}", null, TestContext.Current.CancellationToken);
        var (_, mask, name) = await RunningServer.ReadAsync(answer);

        Assert.All(mask.Labels, label => Assert.Equal(0, label));
        Assert.EndsWith(".nii.gz", name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_may_come_as_a_url_encoded_form()
    {
        using var form = new FormUrlEncodedContent([new("params", """{"roi":[60,83,10,25,4,4]}""")]);
        using var answer = await server.Http.PostAsync($"infer/medsam2_2d?image={TestSeries.Uid}", form, TestContext.Current.CancellationToken);

        Assert.Equal((await server.MaskAsync(Box, "medsam2_2d")).Labels, (await RunningServer.ReadAsync(answer)).Mask.Labels);
    }

    [Fact]
    public async Task The_body_of_the_Python_client_is_read_byte_for_byte()
    {
        const string Boundary = "----------lImIt_of_THE_fIle_eW_$";
        var body = new StringBuilder()
            .Append($"--{Boundary}\r\nContent-Disposition: form-data; name=\"params\"\r\n\r\n")
            .Append("""{"roi": [60, 83, 10, 25, 4, 4], "client_id": "user-xyz", "label": "spleen"}""")
            .Append($"\r\n--{Boundary}\r\nContent-Disposition: form-data; name=\"label\"; filename=\"C:\\tmp\\l.nii.gz\"\r\nContent-Type: application/octet-stream\r\n\r\n")
            .Append("\u0001\u0002\u0003")
            .Append($"\r\n--{Boundary}--\r\n\r\n");
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body.ToString()));
        content.Headers.TryAddWithoutValidation("content-type", $"multipart/form-data; boundary={Boundary}");
        using var answer = await server.Http.PostAsync($"infer/medsam2_2d?image={TestSeries.Uid}", content, TestContext.Current.CancellationToken);

        var (result, mask, _) = await RunningServer.ReadAsync(answer);
        Assert.Equal(1, result["label_names"]!["spleen"]!.GetValue<int>());
        Assert.NotEqual(0, mask.Labels.AsSpan().Count((byte)1));
    }

    [Theory]
    [InlineData(".nrrd", "/home/user/some folder/volume.nrrd")]
    [InlineData(".nii.gz", @"C:\Users\user\volume.1.nii.gz")]
    public async Task An_uploaded_volume_is_segmented_like_the_same_series(string extension, string clientPath)
    {
        using var file = new MemoryStream();
        if (extension == ".nrrd")
            NrrdFile.Write(file, TestSeries.Volume, cancellation: TestContext.Current.CancellationToken);
        else
            Imaging.Formats.Nifti.NiftiFile.Write(file, TestSeries.Volume, compress: true, TestContext.Current.CancellationToken);
        using var upload = new ByteArrayContent(file.ToArray());
        upload.Headers.ContentDisposition = ContentDispositionHeaderValue.Parse($"form-data; name=\"file\"; filename=\"{clientPath.Replace(@"\", @"\\", StringComparison.Ordinal)}\"");
        using var form = new MultipartFormDataContent { { new StringContent("""{"roi":[60,83,10,25,4,4]}"""), "params" }, upload };
        using var answer = await server.Http.PostAsync("infer/medsam2_2d?image=", form, TestContext.Current.CancellationToken);

        var (_, mask, name) = await RunningServer.ReadAsync(answer);
        Assert.EndsWith(extension, name, StringComparison.Ordinal);
        AssertSameGrid(TestSeries.Volume.Geometry, mask.Geometry);
        Assert.True(Overlap.Dice(mask, 1, await server.MaskAsync(Box, "medsam2_2d"), 1) > 0.9);
    }

    [Fact]
    public async Task A_DICOM_SEG_holds_the_mask_about_its_series()
    {
        var expected = await server.MaskAsync(Box);
        using var answer = await server.InferAsync(new { roi = TestSeries.Roi(4, 4), label_info = new[] { new { name = "liver", idx = 1 } } }, output: "dicom_seg");

        Assert.Equal("application/dicom", answer.Content.Headers.ContentType!.MediaType);
        using var content = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var file = await DicomFile.OpenAsync(content);
        Assert.Equal(TestSeries.Description.StudyInstanceUid, file.Dataset.GetSingleValue<string>(DicomTag.StudyInstanceUID));
        var segmentation = SegmentationReader.Open(file.Dataset);
        var segment = Assert.Single(segmentation.Segments);
        Assert.Equal("10200004", segment.Property.Type.Value);
        Assert.Equal(expected.Labels, Voxels(segmentation));
    }

    [Theory]
    [InlineData("null", -160, 240)] // the file's own
    [InlineData("\"automatic\"", -160, 240)]
    [InlineData("\"bone\"", -500, 1300)]
    [InlineData("[-75.5, 1e3]", -75.5, 1000)]
    public async Task The_window_is_part_of_the_result_and_of_the_segmentation(string asked, double low, double high)
    {
        var parameters = $$"""{"roi":[60,83,10,25,4,4],"window":{{asked}},"label_info":[{"name":"liver"}]}""";
        using var json = await server.InferAsync($"infer/medsam2_2d?image={TestSeries.Uid}&output=json", ("params", parameters));
        using var answer = await server.InferAsync($"infer/medsam2_2d?image={TestSeries.Uid}&output=dicom_seg", ("params", parameters));

        Assert.Equal([low, high], (await RunningServer.JsonAsync(json))["window"]!.AsArray().Select(end => end!.GetValue<double>()));
        using var content = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var segment = Assert.Single(SegmentationReader.Open((await DicomFile.OpenAsync(content)).Dataset).Segments);
        Assert.Contains(FormattableString.Invariant($"window {low} to {high}"), segment.Algorithm.Identification!.Parameters, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_window_gives_another_mask()
    {
        var own = await server.MaskAsync(Box, "medsam2_2d");

        Assert.NotEqual(own.Labels, (await server.MaskAsync(new { roi = TestSeries.Roi(4, 4), window = new[] { 1000, 2000 } }, "medsam2_2d")).Labels);
    }

    [Fact]
    public async Task A_segment_may_have_as_long_a_name_as_DICOM_allows()
    {
        var name = new string('n', 64);
        using var answer = await server.InferAsync(new { roi = TestSeries.Roi(4, 4), label_info = new[] { new { name, idx = 1 } } }, output: "dicom_seg");

        using var content = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var file = await DicomFile.OpenAsync(content);
        Assert.Equal(name, Assert.Single(SegmentationReader.Open(file.Dataset).Segments).Label);
    }

    [Fact]
    public async Task A_saved_label_is_in_the_archive_and_counts_in_info()
    {
        using var answer = await server.InferAsync(new { roi = TestSeries.Roi(4, 4), label = "my finding", save_label = true, label_tag = "final" });
        var (result, mask, _) = await RunningServer.ReadAsync(answer);
        var stored = result["stored"]!;

        var store = server.Services.GetRequiredService<StudyStore>();
        var found = await store.FindInstancesAsync(
            new(stored["StudyInstanceUID"]!.GetValue<string>(), stored["SeriesInstanceUID"]!.GetValue<string>(), stored["SOPInstanceUID"]!.GetValue<string>()),
            TestContext.Current.CancellationToken);
        var segmentation = SegmentationReader.Open((await DicomFile.OpenAsync(Assert.Single(found).Path)).Dataset);
        Assert.Equal("my finding", Assert.Single(segmentation.Segments).Label);
        Assert.Equal(mask.Labels, Voxels(segmentation));

        using var info = await server.Http.GetAsync("info/", TestContext.Current.CancellationToken);
        Assert.Equal("""{"total":1,"completed":1,"label_tags":{"final":1}}""", (await RunningServer.JsonAsync(info))["datastore"]!.ToJsonString());
    }

    private static byte[] Voxels(SegmentationReader segmentation)
    {
        var series = new SeriesReader().Read([.. CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description)]);
        var aligned = segmentation.AlignTo(series.SourceHeaders);
        var voxels = new byte[series.Volume.Geometry.VoxelCount];
        const int Area = TestSeries.Columns * TestSeries.Rows;
        for (var k = 0; k < TestSeries.Slices; k++)
            aligned.ReadMask(1, k, voxels.AsSpan(k * Area, Area));
        return voxels;
    }

    private static void AssertSameGrid(VolumeGeometry expected, VolumeGeometry actual)
    {
        Assert.Equal((expected.Columns, expected.Rows, expected.Slices), (actual.Columns, actual.Rows, actual.Slices));
        foreach (var corner in new Vector3D[] { new(0, 0, 0), new(90, 0, 0), new(0, 60, 0), new(0, 0, 9) })
            Assert.True((expected.IjkToLps.Transform(corner) - actual.IjkToLps.Transform(corner)).Length < 1e-3);
    }

    [GeneratedRegex("\r\n--[0-9a-f]{32}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"[0-9a-f]{32}\\.nrrd\"\r\nContent-Type: application/octet-stream\r\n\r\nNRRD")]
    private static partial Regex MaskPart();
}
