using System.Net;
using System.Text;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

public sealed class BadRequestTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("not JSON", 400, "no valid JSON")]
    [InlineData("{\"foreground\":", 400, "no valid JSON")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 400, "no valid JSON")]
    [InlineData("{\"label\":\"\\ud800\"}", 400, "Unicode")]
    [InlineData("{\"\\udc00\":1}", 400, "Unicode")]
    [InlineData("[1]", 422, "no JSON object")]
    [InlineData("\"text\"", 422, "no JSON object")]
    [InlineData("{\"foreground\":5}", 422, "'foreground'")]
    [InlineData("{\"foreground\":[[1,2]]}", 422, "'foreground[0]'")]
    [InlineData("{\"foreground\":[[1,2,3],[1,\"x\",3]]}", 422, "'foreground[1][1]'")]
    [InlineData("{\"foreground\":[[1,2,1e999]]}", 422, "no number")]
    [InlineData("{\"foreground\":[[1,2,99]]}", 422, "outside the volume")]
    [InlineData("{\"background\":[[-3,2,4]]}", 422, "outside the volume")]
    [InlineData("{\"background\":[[1e300,2,4]]}", 422, "outside the volume")]
    [InlineData("{\"roi\":[1,2,3,4,5]}", 422, "'roi'")]
    [InlineData("{\"roi\":[1,2,3,4,5,null]}", 422, "'roi[5]'")]
    [InlineData("{\"roi\":[500,600,3,4,5,6]}", 422, "outside the volume")]
    [InlineData("{\"slice\":10}", 422, "'slice'")]
    [InlineData("{\"label\":5}", 422, "'label'")]
    [InlineData("{\"label_info\":[{}]}", 422, "'label_info[0]'")]
    [InlineData("{\"result_extension\":\".mha\"}", 422, ".nii.gz")]
    [InlineData("{\"result_extension\":\"/../../x\"}", 422, ".nii.gz")]
    [InlineData("{\"result_dtype\":\"float16\"}", 422, "uint16")]
    [InlineData("{\"result_compress\":\"maybe\"}", 422, "'result_compress'")]
    [InlineData("{\"bank\":\"savings\"}", 422, "self-sorting")]
    [InlineData("{\"max_slices\":-1}", 422, "'max_slices'")]
    [InlineData("{\"window\":\"milk\"}", 422, "soft-tissue")]
    [InlineData("{\"window\":[5,1]}", 422, "'window'")]
    [InlineData("{\"window\":[5]}", 422, "[low, high]")]
    [InlineData("{\"window\":[0,1e300]}", 422, "'window'")]
    [InlineData("{\"save_label\":true}", 422, "empty")]
    public async Task Parameters_that_make_no_sense_are_refused_by_name(string parameters, int status, string cause)
    {
        using var answer = await server.InferAsync($"infer/medsam2_2d?image={TestSeries.Uid}", ("params", parameters));

        await AssertRefusedAsync(answer, status, cause);
    }

    [Theory]
    [InlineData("infer/nothing?image=1.2.3", 404, "medsam2")]
    [InlineData("infer/medsam2?image=1.2.3", 404, "no series")]
    [InlineData("infer/medsam2?image=undefined", 404, "no series")]
    [InlineData("infer/medsam2?image=/etc/passwd", 404, "no series")]
    [InlineData("infer/medsam2?image=..%2F..%2Fx%00", 404, "no series")]
    [InlineData("infer/medsam2", 400, "names no image")]
    [InlineData("infer/medsam2?image=", 400, "names no image")]
    [InlineData("infer/medsam2?image=1.2.3&output=", 422, "dicom_seg")]
    [InlineData("infer/medsam2?image=1.2.3&output=original", 422, "dicom_seg")]
    [InlineData("infer/medsam2?image=1.2.3&output=image&output=json", 422, "dicom_seg")]
    [InlineData("infer/medsam2?image=1.2.3&session_id=abc", 404, "no session")]
    public async Task Addresses_that_name_nothing_are_refused_by_name(string address, int status, string cause)
    {
        using var answer = await server.InferAsync(address, ("params", "{}"));

        await AssertRefusedAsync(answer, status, cause);
    }

    [Fact]
    public async Task Parameters_cannot_change_the_image_or_the_model()
    {
        using var answer = await server.InferAsync("infer/medsam2?image=1.2.3", ("params", $$"""{"image":"{{TestSeries.Uid}}","model":"medsam2_2d"}"""));

        await AssertRefusedAsync(answer, 404, "no series");
    }

    [Fact]
    public async Task A_DICOM_SEG_without_names_of_its_segments_is_404()
    {
        using var answer = await server.InferAsync(new { roi = TestSeries.Roi(4, 4) }, output: "dicom_seg");

        await AssertRefusedAsync(answer, 404, "label_info");
    }

    [Theory]
    [InlineData("volume.mha", "some bytes", 422, ".nrrd")]
    [InlineData("volume", "some bytes", 422, ".nrrd")]
    [InlineData("volume.nrrd", "some bytes", 400, "")]
    [InlineData("volume.nii", "some bytes", 400, "")]
    [InlineData("volume.nii.gz", "some bytes", 400, "")]
    [InlineData("volume.nrrd", "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 99999 99999 99999\nencoding: raw\n\nx", 400, "")]
    [InlineData("volume.nii.gz", "", 400, "")]
    public async Task Uploads_that_are_no_volumes_are_refused(string name, string content, int status, string cause)
    {
        using var upload = new ByteArrayContent(Encoding.Latin1.GetBytes(content));
        using var form = new MultipartFormDataContent { { upload, "file", name } };
        using var answer = await server.Http.PostAsync("infer/medsam2", form, TestContext.Current.CancellationToken);

        await AssertRefusedAsync(answer, status, cause);
    }

    [Fact]
    public async Task An_uploaded_volume_cannot_become_a_DICOM_SEG()
    {
        using var file = new MemoryStream();
        Imaging.Formats.Nrrd.NrrdFile.Write(file, TestSeries.Volume, cancellation: TestContext.Current.CancellationToken);
        using var upload = new ByteArrayContent(file.ToArray());
        using var form = new MultipartFormDataContent { { upload, "file", "x.nrrd" }, { new StringContent("""{"label_info":[{"name":"x"}]}"""), "params" } };
        using var answer = await server.Http.PostAsync("infer/medsam2?output=dicom_seg", form, TestContext.Current.CancellationToken);

        await AssertRefusedAsync(answer, 400, "headers");
    }

    [Theory]
    [InlineData("multipart/form-data", "x", 400, "boundary")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"params\"\r\n\r\n{}", 400, "damaged")]
    [InlineData("multipart/form-data; boundary=b", "no parts at all", 400, "damaged")]
    [InlineData("application/json", "{}", 415, "multipart/form-data")]
    [InlineData("???", "{}", 400, "Content-Type")]
    public async Task Bodies_of_another_form_are_refused(string type, string body, int status, string cause)
    {
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await server.Http.PostAsync($"infer/medsam2?image={TestSeries.Uid}", content, TestContext.Current.CancellationToken);

        await AssertRefusedAsync(answer, status, cause);
    }

    [Fact]
    public async Task More_points_than_the_limit_are_refused()
    {
        using var answer = await server.InferAsync(new { foreground = Enumerable.Repeat(new[] { 1, 2, 3 }, 21) });

        await AssertRefusedAsync(answer, 422, "at most 20");
    }

    [Fact]
    public async Task Parameters_longer_than_the_limit_are_refused()
    {
        using var answer = await server.InferAsync($"infer/medsam2?image={TestSeries.Uid}", ("params", new string(' ', 70_000)));

        await AssertRefusedAsync(answer, 413, "64 KiB");
    }

    [Fact]
    public async Task More_parts_than_the_limit_are_refused()
    {
        using var answer = await server.InferAsync($"infer/medsam2?image={TestSeries.Uid}", [.. Enumerable.Range(0, 40).Select(n => ($"part{n}", "x"))]);

        await AssertRefusedAsync(answer, 400, "32 parts");
    }

    private async Task AssertRefusedAsync(HttpResponseMessage answer, int status, string cause)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("{\"detail\":", text, StringComparison.Ordinal);
        Assert.Contains(cause, text, StringComparison.Ordinal);

        // Nothing was stored, and the next one is served.
        using var info = await server.Http.GetAsync("info/", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, info.StatusCode);
        Assert.Equal("""{"total":1,"completed":0,"label_tags":{}}""", (await RunningServer.JsonAsync(info))["datastore"]!.ToJsonString());
    }
}
