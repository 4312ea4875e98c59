using System.Net;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Server.Tests;

public sealed class UploadLimitTests
{
    [Fact]
    public async Task A_volume_larger_than_what_Kestrel_takes_by_itself_is_read()
    {
        await using var server = new RunningServer();
        await server.StartAsync();
        var geometry = new VolumeGeometry(512, 512, 80, Affine.Identity);
        using var file = new MemoryStream();
        NrrdFile.Write(file, new Volume(geometry, new Int16Voxels(new short[geometry.VoxelCount])), NrrdEncoding.Raw, TestContext.Current.CancellationToken);
        Assert.True(file.Length > 40_000_000);
        using var upload = new ByteArrayContent(file.GetBuffer(), 0, (int)file.Length);
        using var form = new MultipartFormDataContent { { upload, "file", "x.nrrd" }, { new StringContent("""{"result_compress":true}"""), "params" } };
        using var answer = await server.Http.PostAsync("infer/medsam2", form, TestContext.Current.CancellationToken);

        Assert.Equal(geometry.VoxelCount, (await RunningServer.ReadAsync(answer)).Mask.Count(0));
    }

    [Fact]
    public async Task An_upload_beyond_the_limit_is_413_and_names_the_setting()
    {
        await using var server = new RunningServer();
        await server.StartAsync("--MedSam2:Limits:UploadMegabytes=1");
        using var upload = new ByteArrayContent(new byte[(1 << 20) + 1]);
        using var form = new MultipartFormDataContent { { upload, "file", "x.nii" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "infer/medsam2") { Content = form };
        request.Headers.ExpectContinue = true;
        request.Headers.Add("Origin", "http://viewer.example");
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("UploadMegabytes", (await RunningServer.JsonAsync(answer))["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
    }
}
