using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FellowOakDicom;
using MedSam2.Studies.Store;
using MedSam2.Studies.Tests.Series;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

public sealed class StoreTests : IAsyncLifetime
{
    private DicomWebServer _server = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await DicomWebServer.StartAsync(new StoreLimits(MaxInstanceBytes: 1 << 20, MaxBatchBytes: 4 << 20, MaxBatchInstances: 50));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Good_instances_are_stored_and_named_in_the_answer()
    {
        var files = SyntheticSeries.Stack(3);

        var (status, answer) = await StoreAsync(files.Select(DicomWebServer.Bytes));

        Assert.Equal(HttpStatusCode.OK, status);
        var stored = answer.GetProperty("00081199").GetProperty("Value");
        Assert.Equal(3, stored.GetArrayLength());
        Assert.Equal(files[1].Dataset.GetString(DicomTag.SOPInstanceUID), Text(stored[1], "00081155"));
        Assert.Equal(files[1].Dataset.GetString(DicomTag.SOPClassUID), Text(stored[1], "00081150"));
        Assert.Equal($"{_server.Client.BaseAddress}{DicomWebServer.PathOf(files[1])}", Text(stored[1], "00081190"));
        Assert.Equal($"{_server.Client.BaseAddress}{DicomWebServer.PathOf(files[0], 1)}", Text(answer, "00081190"));
        Assert.False(answer.TryGetProperty("00081198", out _));
    }

    [Fact]
    public async Task Where_some_are_bad_the_good_ones_are_stored_and_the_answer_is_202()
    {
        var good = SyntheticSeries.Stack(2);
        var other = SyntheticSeries.Stack(1)[0];

        var (status, answer) = await StoreAsync(
            [DicomWebServer.Bytes(good[0]), "no dicom"u8.ToArray(), DicomWebServer.Bytes(other), DicomWebServer.Bytes(good[1])],
            DicomWebServer.PathOf(good[0], 1));

        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal(2, answer.GetProperty("00081199").GetProperty("Value").GetArrayLength());
        var failed = answer.GetProperty("00081198").GetProperty("Value")[0];
        Assert.Equal(other.Dataset.GetString(DicomTag.SOPInstanceUID), Text(failed, "00081155"));
        Assert.Equal(0xA901, failed.GetProperty("00081197").GetProperty("Value")[0].GetInt32());
        var unknown = answer.GetProperty("0008119A").GetProperty("Value")[0];
        Assert.Equal(0xC000, unknown.GetProperty("00081197").GetProperty("Value")[0].GetInt32());
        Assert.Contains("not a DICOM file", Text(unknown.GetProperty("00741048").GetProperty("Value")[0], "00000902"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_all_are_bad_the_answer_is_409()
    {
        var (status, _) = await StoreAsync([new byte[300]]);

        Assert.Equal(HttpStatusCode.Conflict, status);
        await RequireEmptyAsync();
    }

    [Fact]
    public async Task The_same_request_again_is_answered_alike()
    {
        var files = SyntheticSeries.Stack(2).Select(DicomWebServer.Bytes).ToArray();

        Assert.Equal(HttpStatusCode.OK, (await StoreAsync(files)).Status);
        Assert.Equal(HttpStatusCode.OK, (await StoreAsync(files)).Status);

        Assert.Equal(2, (await _server.GetJsonAsync("instances")).GetArrayLength());
    }

    [Fact]
    public async Task A_single_file_without_multipart_is_stored()
    {
        using var content = new ByteArrayContent(DicomWebServer.Bytes(SyntheticSeries.Stack(1)[0]));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");

        using var response = await _server.Client.PostAsync("studies", content, Stop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public static TheoryData<string, string, int> BadRequests => new()
    {
        { "application/json", "{}", 415 },
        { "", "x", 415 },
        { "multipart/related; type=\"application/dicom\"", "--b\r\n\r\nx\r\n--b--", 400 },
        { "multipart/related; type=\"application/dicom\"; boundary=\"\"", "x", 400 },
        { $"multipart/related; boundary={new string('b', 300)}", "x", 400 },
        { "multipart/related; type=\"application/dicom+json\"; boundary=b", "--b\r\n\r\n{}\r\n--b--", 415 },
        { "multipart/related; type=\"application/dicom\"; boundary=b", "", 400 },
        { "multipart/related; type=\"application/dicom\"; boundary=b", "no boundary here", 400 },
        { "multipart/related; type=\"application/dicom\"; boundary=b", "--b--\r\n", 400 },
        { "multipart/related; type=\"application/dicom\"; boundary=b", "--b\r\nContent-Type: application/dicom\r\n\r\ncut sho", 400 },
        { "multipart/related; type=\"application/dicom\"; boundary=b", $"--b\r\nX: {new string('h', 40_000)}\r\n\r\nx\r\n--b--", 400 },
        { "multipart/related; type=\"application/dicom\"; boundary=b", "--b\r\n" + string.Concat(Enumerable.Range(0, 500).Select(n => $"A{n}: b\r\n")) + "\r\nx\r\n--b--", 400 },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task A_body_that_is_no_multipart_of_dicom_files_is_refused_whole(string contentType, string body, int status)
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        using var response = await _server.Client.PostAsync("studies", content, Stop);

        Assert.Equal(status, (int)response.StatusCode);
        await RequireDetailAsync(response);
        await RequireEmptyAsync();
    }

    [Fact]
    public async Task A_good_file_before_a_cut_is_not_kept_either()
    {
        var whole = await DicomWebServer.Multipart(SyntheticSeries.Stack(2).Select(DicomWebServer.Bytes)).ReadAsByteArrayAsync(Stop);
        using var content = new ByteArrayContent(whole[..^30]);
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/related; type=\"application/dicom\"; boundary=b0undary");

        using var response = await _server.Client.PostAsync("studies", content, Stop);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await RequireEmptyAsync();
    }

    [Fact]
    public async Task A_sender_that_hangs_up_leaves_nothing()
    {
        var address = _server.Client.BaseAddress!;
        var body = await DicomWebServer.Multipart(SyntheticSeries.Stack(3).Select(DicomWebServer.Bytes)).ReadAsByteArrayAsync(Stop);
        using (var socket = new TcpClient(address.Host, address.Port))
        {
            var stream = socket.GetStream();
            var head = $"POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/related; type=\"application/dicom\"; boundary=b0undary\r\nContent-Length: {body.Length}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Stop);
            await stream.WriteAsync(body.AsMemory(0, body.Length - 100), Stop);
            await stream.FlushAsync(Stop);
            while (!Directory.EnumerateFiles(Path.Combine(_server.DataFolder, "incoming")).Any())
                await Task.Delay(10, Stop);
        }

        while (Directory.EnumerateFiles(Path.Combine(_server.DataFolder, "incoming")).Any())
            await Task.Delay(10, Stop);
        Assert.Equal(0, (await _server.GetJsonAsync("instances")).GetArrayLength());
    }

    [Fact]
    public async Task Too_many_bytes_or_instances_are_413_and_nothing_is_stored()
    {
        using var large = await _server.PostAsync(Enumerable.Repeat(new byte[900_000], 6));
        using var many = await _server.PostAsync(Enumerable.Repeat(new byte[10], 51));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, many.StatusCode);
        await RequireDetailAsync(large);
        await RequireEmptyAsync();
    }

    [Theory]
    [InlineData("studies/..%2F..%2Fetc")]
    [InlineData("studies/1.2.x")]
    [InlineData("studies/1..2")]
    public async Task A_malformed_uid_in_the_path_is_refused(string path)
    {
        using var response = await _server.PostAsync([DicomWebServer.Bytes(SyntheticSeries.Stack(1)[0])], path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await RequireEmptyAsync();
    }

    [Fact]
    public async Task Many_senders_at_once_do_not_disturb_each_other()
    {
        var series = Enumerable.Range(0, 8).Select(_ => SyntheticSeries.Stack(5).Select(DicomWebServer.Bytes).ToArray()).ToArray();

        var responses = await Task.WhenAll(series.Select(s => _server.PostAsync(s)));

        Assert.All(responses, r => Assert.Equal(HttpStatusCode.OK, r.StatusCode));
        Assert.Equal(40, (await _server.GetJsonAsync("instances")).GetArrayLength());
        Assert.All((await _server.GetJsonAsync("series")).EnumerateArray(), s => Assert.Equal("5", s.GetProperty("00201209").GetProperty("Value")[0].ToString()));
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> StoreAsync(IEnumerable<byte[]> files, string path = "studies")
    {
        using var response = await _server.PostAsync(files, path);
        Assert.Equal("application/dicom+json", response.Content.Headers.ContentType?.MediaType);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement);
    }

    private async Task RequireEmptyAsync()
    {
        Assert.Equal(0, (await _server.GetJsonAsync("studies")).GetArrayLength());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_server.DataFolder, "dicom"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_server.DataFolder, "incoming")));
    }

    private static async Task RequireDetailAsync(HttpResponseMessage response)
    {
        var detail = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("detail").GetString();
        Assert.True(detail?.Length > 20, detail);
    }

    private static string Text(JsonElement dataset, string tag) => dataset.GetProperty(tag).GetProperty("Value")[0].GetString()!;
}
