using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FellowOakDicom;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>
/// Requests exactly as dicomweb-client (Python, 0.59) and OHIF (3.13, with dicomweb-client.js and cornerstone's image loader) send
/// them: taken from what the two send to the store, header by header.
/// </summary>
public sealed class ViewerRequestTests : IAsyncLifetime
{
    private const string PythonJson = "application/dicom+json, application/json";

    private readonly DicomFile[] _ct = SyntheticSeries.Stack(5, change: (_, d) => d.AddOrUpdate(DicomTag.StudyDate, "20240229").AddOrUpdate(DicomTag.StudyDescription, "Abdomen").AddOrUpdate(DicomTag.AccessionNumber, "A1"));
    private readonly DicomFile[] _mr = SyntheticSeries.Stack(2, change: (_, d) => d.AddOrUpdate(DicomTag.Modality, "MR").AddOrUpdate(DicomTag.StudyDate, "20250101"));

    private DicomWebServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await DicomWebServer.StartAsync();
        using var response = await _server.PostAsync(_ct.Concat(_mr).Select(DicomWebServer.Bytes));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060%2C00080090%2C00100030", 2)]
    [InlineData("studies?PatientName=*hant*&limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060%2C00080090%2C00100030", 2)]
    [InlineData("studies?00100020=*P1*&AccessionNumber=*A*&StudyDescription=*dom*&limit=26&offset=0&fuzzymatching=true&includefield=00081030%2C00080060", 1)]
    [InlineData("studies?ModalitiesInStudy=MR&limit=101&offset=0&fuzzymatching=false", 1)]
    [InlineData("studies?ModalitiesInStudy=CT%5CMR&limit=101&offset=0&fuzzymatching=false", 2)]
    [InlineData("studies?ModalitiesInStudy=CT%2CMR&limit=101&offset=0&fuzzymatching=false", 2)]
    [InlineData("studies?StudyDate=20240101-20241231&limit=101&offset=0&fuzzymatching=false", 1)]
    [InlineData("studies?StudyDate=19700102-20300101&limit=101&offset=101&fuzzymatching=false", 0)]
    [InlineData("studies?StudyInstanceUID={ct}%5C{mr}&limit=101&offset=0&fuzzymatching=false", 2)]
    [InlineData("studies?StudyInstanceUID={ct}&limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060%2C00080090%2C00100030", 1)]
    [InlineData("studies/{ct}/series?includefield=0008103E%2C00080021", 1)]
    [InlineData("studies/{ct}/series?includefield=00080021%2C00080031%2C0008103E%2C00200011&SeriesInstanceUID={series}", 1)]
    [InlineData("studies/{ct}/series/{series}/instances?limit=1&includefield=00080018", 1)]
    [InlineData("studies/{ct}/series/{series}/metadata", 5)]
    public async Task Ohif_finds_what_it_asks_for(string path, int count)
    {
        path = path.Replace("{ct}", Uid(_ct, DicomTag.StudyInstanceUID)).Replace("{mr}", Uid(_mr, DicomTag.StudyInstanceUID)).Replace("{series}", Uid(_ct, DicomTag.SeriesInstanceUID));

        Assert.Equal(count, (await _server.GetJsonAsync(path)).GetArrayLength());
    }

    [Theory]
    [InlineData("multipart/related; type=application/octet-stream; transfer-syntax=*")]
    [InlineData("multipart/related; type=\"application/octet-stream\"; transfer-syntax=\"*\"")]
    [InlineData("multipart/related; type=\"application/octet-stream\"")]
    [InlineData("multipart/related; type=\"application/octet-stream\", multipart/related; type=\"image/jls\"; transfer-syntax=\"1.2.840.10008.1.2.4.80\"")]
    public async Task A_frame_comes_as_a_viewer_asks(string accept)
    {
        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(_ct[1])}/frames/1", accept);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(_ct[1].Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.Data, (await MultipartParts.ReadAsync(response)).Single().Content);
    }

    [Theory]
    [InlineData("multipart/related; type=\"image/jls\"", "image/jls")]
    [InlineData("multipart/related; type=\"image/jls\"; transfer-syntax=1.2.840.10008.1.2.4.80", "image/jls")]
    [InlineData("multipart/related; type=\"image/*\"", "image/jls")]
    [InlineData("multipart/related; type=\"application/octet-stream\"; transfer-syntax=*", "application/octet-stream")]
    [InlineData("multipart/related; type=\"image/jls\"; transfer-syntax=\"1.2.840.10008.1.2.4.80\", multipart/related; type=\"image/jls\"", "image/jls")]
    public async Task A_compressed_frame_comes_as_it_is(string accept, string type)
    {
        var path = SharedData.Require("dicom-codecs", "ct-ladder", "1.2.840.10008.1.2.4.80.dcm");
        using (await _server.PostAsync([await File.ReadAllBytesAsync(path, Stop)]))
        {
        }

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(await DicomFile.OpenAsync(path))}/frames/1", accept);

        var part = (await MultipartParts.ReadAsync(response)).Single();
        Assert.StartsWith(type, part.ContentType, StringComparison.Ordinal);
        // A JPEG-LS code begins with the start of an image and a frame header of its own.
        Assert.Equal([0xFF, 0xD8, 0xFF, 0xF7], part.Content[..4]);
    }

    [Fact]
    public async Task Dicomweb_client_pages_until_nothing_comes()
    {
        var found = 0;
        for (var offset = 0; ;)
        {
            var page = await GetAsync($"studies/{Uid(_ct, DicomTag.StudyInstanceUID)}/instances?limit=2&offset={offset}", PythonJson);
            var count = JsonDocument.Parse(page.Length == 0 ? "[]"u8.ToArray() : page).RootElement.GetArrayLength();
            if (count == 0)
                break;
            offset += count;
            found += count;
        }

        Assert.Equal(5, found);
    }

    [Fact]
    public async Task Dicomweb_client_stores_in_chunks_with_an_empty_line_before_the_first_boundary()
    {
        var file = SyntheticSeries.Stack(1)[0];
        const string boundary = "0f3cf5c0-70e0-41ef-baef-c6f9f65ec3e1";
        byte[] body = [.. Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n"), .. DicomWebServer.Bytes(file), .. Encoding.ASCII.GetBytes($"\r\n--{boundary}--")];
        using var request = new HttpRequestMessage(HttpMethod.Post, "studies") { Content = new StreamContent(new MemoryStream(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/related; type=\"application/dicom\"; boundary=\"{boundary}\"");
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Accept.ParseAdd("*/*");

        using var response = await _server.Client.SendAsync(request, Stop);

        // The client compares the whole header with this text: no parameter may follow.
        Assert.Equal((HttpStatusCode.OK, "application/dicom+json"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", true)]
    [InlineData("pacs.example.org", false)]
    [InlineData("10.9.8.7", false)]
    public async Task Addresses_lead_back_though_dicomweb_client_leaves_the_port_out_of_its_host_header(string host, bool isDirect)
    {
        var server = _server.Client.BaseAddress!;
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.Host, server.Port, Stop);
        await using var stream = connection.GetStream();

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {server.AbsolutePath}{DicomWebServer.PathOf(_ct[0])}/metadata HTTP/1.1\r\nHost: {host}\r\nAccept: {PythonJson}\r\nConnection: close\r\n\r\n"), Stop);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(Stop);

        Assert.Contains($"\"BulkDataURI\":\"http://{host}{(isDirect ? $":{server.Port}" : "")}/dicom-web/", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/related; type=\"application/dicom\"")]
    [InlineData("multipart/related; type=\"application/dicom\"; transfer-syntax=*")]
    [InlineData("multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1")]
    public async Task Series_come_whole(string accept)
    {
        using var response = await _server.GetAsync(DicomWebServer.PathOf(_ct[0], 2), accept);

        Assert.Equal(_ct.Select(DicomWebServer.Bytes), (await MultipartParts.ReadAsync(response)).Select(p => p.Content));
    }

    [Theory]
    [InlineData("/rendered", "image/jpeg", "image/jpeg")]
    [InlineData("/rendered?viewport=64%2C64&window=40%2C400%2Clinear&quality=50", "image/jpeg", "image/jpeg")]
    [InlineData("/frames/1/rendered", "image/png", "image/png")]
    [InlineData("/thumbnail", "image/jpeg", "image/jpeg")]
    [InlineData("/rendered", "image/gif, image/png", "image/png")]
    public async Task Pictures_come_for_instances_series_and_studies(string resource, string accept, string type)
    {
        foreach (var level in resource.StartsWith("/frames", StringComparison.Ordinal) ? [3] : new[] { 1, 2, 3 })
        {
            using var response = await _server.GetAsync(DicomWebServer.PathOf(_ct[0], level) + resource, accept);

            Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        }
    }

    private static string Uid(DicomFile[] files, DicomTag tag) => files[0].Dataset.GetString(tag);

    private async Task<byte[]> GetAsync(string path, string accept)
    {
        using var response = await _server.GetAsync(path, accept);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync(Stop);
    }
}
