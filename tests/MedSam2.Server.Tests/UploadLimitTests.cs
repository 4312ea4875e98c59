using System.Net;
using Xunit;

namespace MedSam2.Server.Tests;

public sealed class UploadLimitTests
{
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
