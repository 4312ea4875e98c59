using System.Text.Json.Nodes;
using MedSam2.Studies.Writing;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: DICOM series and proxy; and what the server tells of itself.</summary>
public sealed class ProxyConformance(RunningServer server) : IClassFixture<RunningServer>
{
    private readonly PlainClient _client = new(server.Address);

    [Fact]
    public async Task C60_a_series_is_an_image_by_its_UID_again_and_again()
    {
        foreach (var _ in new int[2])
            Assert.Equal(200, (await _client.MultipartAsync("POST", $"/infer/medsam2_2d?image={TestSeries.Uid}", [("params", "{}")])).Status);
        Assert.Equal(
            (await _client.GetAsync($"/datastore/image?image={TestSeries.Uid}")).Header("ETag"), (await _client.GetAsync($"/datastore/image?image={TestSeries.Uid}")).Header("ETag"));
    }

    [Theory]
    [InlineData("/proxy/dicom/qido/studies?limit=1", 1)]
    [InlineData("/proxy/dicom/qido/studies?limit=1&offset=100", 0)]
    [InlineData("/proxy/dicom/qido/studies?PatientID=nobody", 0)]
    [InlineData("/proxy/dicom/qido/studies?PatientID=BLOCK", 1)]
    [InlineData("/proxy/dicom/studies?PatientID=BLOCK", 1)]
    [InlineData("/proxy/dicom/wado/studies?PatientID=BLOCK", 1)]
    public async Task C61_the_proxy_keeps_the_query(string address, int studies)
    {
        var answer = await _client.SendAsync("GET", address, null, [], "Accept: application/dicom+json");

        Assert.Equal(studies, answer.Status == 204 ? 0 : answer.Json!.AsArray().Count);
        Assert.Equal(406, (await _client.SendAsync("GET", address, null, [], "Accept: image/gif")).Status);
    }

    [Fact]
    public async Task C62_storing_through_the_wado_address_works()
    {
        var description = new CtSeriesDescription("proxy test", "PROXY^TEST", "PROXY") { StudyDescription = "Proxy", SeriesDescription = "Proxy", IsPhantom = true };
        using var body = new MemoryStream();
        foreach (var file in CtSeriesWriter.Write(TestSeries.Volume, description))
        {
            body.Write("\r\n--b\r\nContent-Type: application/dicom\r\n\r\n"u8);
            file.Save(body);
        }

        body.Write("\r\n--b--"u8);
        var answer = await _client.SendAsync("POST", "/proxy/dicom/wado/studies", "multipart/related; type=\"application/dicom\"; boundary=\"b\"", body.ToArray(), "Accept: application/dicom+json");

        Assert.Equal(200, answer.Status);
        Assert.Single((JsonArray)(await _client.SendAsync("GET", "/proxy/dicom/qido/studies?PatientID=PROXY", null, [], "Accept: application/dicom+json")).Json!);
        Assert.Equal(200, (await _client.SendAsync("GET", $"/proxy/dicom/wado/studies/{description.StudyInstanceUid}/metadata", null, [], "Accept: application/dicom+json")).Status);
        Assert.Contains(description.SeriesInstanceUid, (await _client.GetAsync("/datastore/?output=all")).Json!["objects"]!.AsObject().Select(pair => pair.Key));
    }

    [Theory]
    [InlineData("/infer/wsi/medsam2")]
    [InlineData("/infer/wsi_v2/medsam2?image=x&output=dsa")]
    public async Task Pathology_is_501_with_a_reason(string address)
    {
        var answer = await _client.JsonAsync("POST", address, "{}");

        Assert.Equal(501, answer.Status);
        Assert.Contains("pathology", answer.Json!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_weights_are_told_of_and_sent()
    {
        var info = (await _client.GetAsync("/model/info/medsam2")).Json!;
        var weights = await _client.GetAsync("/model/medsam2");

        Assert.Equal($"SHA256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(weights.Body))}", info["checksum"]!.GetValue<string>());
        Assert.True(info["modified_time"]!.GetValue<long>() > 0);
        Assert.Equal("attachment; filename=\"medsam2.safetensors\"", weights.Header("Content-Disposition"));
        Assert.Equal(404, (await _client.GetAsync("/model/info/none")).Status);
    }

    [Fact]
    public async Task The_log_is_a_page_or_text()
    {
        var page = await _client.GetAsync("/logs/?refresh=1");
        Assert.StartsWith("text/html", page.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Contains("content=\"3\"", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page.Text, StringComparison.Ordinal);

        var text = await _client.GetAsync("/logs/?text=true&lines=5");
        Assert.StartsWith("text/plain", text.Header("Content-Type"), StringComparison.Ordinal);
        Assert.InRange(text.Text.Split('\n').Length, 2, 6);
        Assert.Equal(422, (await _client.GetAsync("/logs/?lines=x")).Status);
        Assert.Equal("{}", (await _client.SendAsync("POST", "/reload", null, [])).Text);
    }
}
