using System.Net;
using FellowOakDicom;
using FellowOakDicom.Imaging;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>One server for all tests of a class, each with instances of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public DicomWebServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await DicomWebServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public sealed class RetrieveTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string AnySyntax = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";
    private const string Frames = "multipart/related; type=\"application/octet-stream\"";

    private readonly DicomWebServer _server = shared.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, AnySyntax)]
    [InlineData(2, "multipart/related; type=\"application/dicom\"")]
    [InlineData(2, "multipart/related; type=application/dicom")]
    [InlineData(2, "*/*")]
    [InlineData(3, null)]
    public async Task Instances_come_back_byte_for_byte(int level, string? accept)
    {
        var files = SyntheticSeries.Stack(3);
        var bytes = files.Select(DicomWebServer.Bytes).ToArray();
        await StoreAsync(bytes);

        using var response = await _server.GetAsync(DicomWebServer.PathOf(files[0], level), accept);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotNull(response.Content.Headers.ContentLength);
        var parts = await MultipartParts.ReadAsync(response);
        Assert.Equal(level == 3 ? bytes[..1] : bytes, parts.Select(p => p.Content));
        Assert.All(parts, p => Assert.Equal("application/dicom; transfer-syntax=1.2.840.10008.1.2.1", p.ContentType));
    }

    [Fact]
    public async Task One_instance_comes_alone_where_that_is_asked_for()
    {
        var files = SyntheticSeries.Stack(2);
        var bytes = files.Select(DicomWebServer.Bytes).ToArray();
        await StoreAsync(bytes);

        using var one = await _server.GetAsync(DicomWebServer.PathOf(files[1]), "application/dicom");
        using var two = await _server.GetAsync(DicomWebServer.PathOf(files[1], 2), "application/dicom");

        Assert.Equal(bytes[1], await one.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(HttpStatusCode.NotAcceptable, two.StatusCode);
    }

    [Fact]
    public async Task A_real_series_goes_in_and_comes_out_unchanged()
    {
        var paths = Directory.GetFiles(SharedData.Require("ct-abdomen-dicom", "ct-explicit"), "*.dcm").Order(StringComparer.Ordinal).ToArray();
        var bytes = paths.Select(File.ReadAllBytes).ToArray();
        await StoreAsync(bytes);
        var series = (await _server.GetJsonAsync($"series?SeriesInstanceUID={DicomFile.Open(paths[0]).Dataset.GetString(DicomTag.SeriesInstanceUID)}"))[0];
        Assert.Equal("20", series.GetProperty("00201209").GetProperty("Value")[0].ToString());

        using var response = await _server.GetAsync(DicomWebServer.PathOf(DicomFile.Open(paths[0]), 2), AnySyntax);
        var parts = await MultipartParts.ReadAsync(response);

        Assert.Equal(bytes.Select(Convert.ToHexString).Order(), parts.Select(p => Convert.ToHexString(p.Content)).Order());
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.4.57")]
    [InlineData("1.2.840.10008.1.2.4.80")]
    [InlineData("1.2.840.10008.1.2.4.90")]
    [InlineData("1.2.840.10008.1.2.5")]
    public async Task Other_syntaxes_are_transcoded_to_explicit_little_endian_on_request(string uid)
    {
        var path = SharedData.Require("dicom-codecs", "ct-ladder", $"{uid}.dcm");
        await StoreFileAsync(path);
        var file = DicomFile.Open(path);

        using var stored = await _server.GetAsync(DicomWebServer.PathOf(file), AnySyntax);
        using var plain = await _server.GetAsync(DicomWebServer.PathOf(file), "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1");

        var storedPart = Assert.Single(await MultipartParts.ReadAsync(stored));
        Assert.EndsWith($"transfer-syntax={uid}", storedPart.ContentType, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(path, Stop), storedPart.Content);
        var plainPart = Assert.Single(await MultipartParts.ReadAsync(plain));
        var truth = DicomFile.Open(SharedData.Require("dicom-codecs", "ct-ladder", "1.2.840.10008.1.2.1.dcm"));
        Assert.Equal(Pixels(truth), Pixels(DicomFile.Open(new MemoryStream(plainPart.Content), FileReadOption.ReadAll)));
    }

    [Fact]
    public async Task A_syntax_that_cannot_be_made_is_406()
    {
        var path = SharedData.Require("dicom-codecs", "ct-ladder", "1.2.840.10008.1.2.4.90.dcm");
        await StoreFileAsync(path);

        using var response = await _server.GetAsync(
            DicomWebServer.PathOf(DicomFile.Open(path)), "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.80");

        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
        Assert.Contains("1.2.840.10008.1.2.4.90", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_have_everything_but_pixels_which_are_an_address_that_works()
    {
        var file = SyntheticSeries.Stack(1)[0];
        await StoreAsync([DicomWebServer.Bytes(file)]);

        var metadata = (await _server.GetJsonAsync($"{DicomWebServer.PathOf(file, 2)}/metadata"))[0];

        Assert.Equal(file.Dataset.Count(), metadata.EnumerateObject().Count());
        Assert.Equal(0.8, metadata.GetProperty("00280030").GetProperty("Value")[0].GetDouble());
        var pixels = metadata.GetProperty("7FE00010");
        Assert.Equal("OW", pixels.GetProperty("vr").GetString());
        using var bulk = await _server.GetAsync(pixels.GetProperty("BulkDataURI").GetString()!, "application/octet-stream");
        Assert.Equal(Pixels(file), await bulk.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task Large_binary_values_within_sequences_are_addresses_too()
    {
        var secret = Enumerable.Range(0, 5000).Select(n => (byte)n).ToArray();
        var file = SyntheticSeries.Stack(1, change: (_, d) => d.Add(new DicomSequence(
            DicomTag.IconImageSequence, new DicomDataset { { DicomTag.Rows, (ushort)1 } }, new DicomDataset(new DicomOtherByte(DicomTag.EncapsulatedDocument, secret)))))[0];
        await StoreAsync([DicomWebServer.Bytes(file)]);

        var metadata = (await _server.GetJsonAsync($"{DicomWebServer.PathOf(file)}/metadata"))[0];

        var address = metadata.GetProperty("00880200").GetProperty("Value")[1].GetProperty("00420011").GetProperty("BulkDataURI").GetString()!;
        using var response = await _server.GetAsync(address, Frames);
        Assert.Equal(secret, Assert.Single(await MultipartParts.ReadAsync(response)).Content);
    }

    [Theory]
    [InlineData("7FE00011")]
    [InlineData("00880200.0.00420011")]
    [InlineData("00880200.0")]
    [InlineData("x.y.z")]
    [InlineData("7FE00010.99999999999.7FE00010")]
    public async Task Bulk_data_that_are_not_there_are_404(string path)
    {
        var file = SyntheticSeries.Stack(1)[0];
        await StoreAsync([DicomWebServer.Bytes(file)]);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/bulkdata/{path}");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData(Frames)]
    [InlineData("multipart/related; type=application/octet-stream; transfer-syntax=*")]
    [InlineData("multipart/related; type=\"*/*\"")]
    [InlineData("application/octet-stream")]
    public async Task A_frame_is_its_pixels(string accept)
    {
        var file = SyntheticSeries.Stack(1)[0];
        await StoreAsync([DicomWebServer.Bytes(file)]);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/1", accept);

        var content = accept.StartsWith("multipart", StringComparison.Ordinal)
            ? Assert.Single(await MultipartParts.ReadAsync(response)).Content
            : await response.Content.ReadAsByteArrayAsync(Stop);
        Assert.Equal(Pixels(file), content);
    }

    [Theory]
    [InlineData("explicit_little_endian", "1.2.840.10008.1.2.1")]
    [InlineData("not_fragmented_bot_rle", "1.2.840.10008.1.2.5")]
    [InlineData("not_fragmented_no_bot_rle", "1.2.840.10008.1.2.5")]
    [InlineData("fragmented_no_bot_jpeg_ls.80", "1.2.840.10008.1.2.4.80")]
    public async Task Frames_of_a_multi_frame_image_come_as_stored_or_decoded(string name, string syntax)
    {
        var path = SharedData.Require("dicom-codecs", "encapsulated", $"CT0012.{name}.dcm");
        var file = DicomFile.Open(path);
        await StoreFileAsync(path);
        var truth = Pixels(DicomFile.Open(SharedData.Require("dicom-codecs", "encapsulated", "CT0012.explicit_little_endian.dcm")));

        using var decoded = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/2,1", Frames);
        using var stored = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/2", $"{Frames}; transfer-syntax=*");

        var parts = await MultipartParts.ReadAsync(decoded);
        Assert.Equal(truth, parts[1].Content.Concat(parts[0].Content));
        var part = Assert.Single(await MultipartParts.ReadAsync(stored));
        Assert.EndsWith($"={syntax}", part.ContentType, StringComparison.Ordinal);
        Assert.Equal(syntax != "1.2.840.10008.1.2.1", part.Content.Length < truth.Length / 2);
    }

    [Fact]
    public async Task Frames_of_single_bits_are_cut_at_the_bit()
    {
        var path = SharedData.Require("dicom-codecs", "multiframe-colour-seg", "liver_nonbyte_aligned.dcm");
        var file = DicomFile.Open(path, FileReadOption.ReadAll);
        await StoreFileAsync(path);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/1,2,3", Frames);

        var packed = Pixels(file);
        var parts = await MultipartParts.ReadAsync(response);
        const int pixels = 510 * 510;
        for (var frame = 0; frame < 3; frame++)
        {
            for (var n = 0; n < pixels; n++)
            {
                var at = (frame * pixels) + n;
                Assert.Equal((packed[at / 8] >> (at % 8)) & 1, (parts[frame].Content[n / 8] >> (n % 8)) & 1);
            }
        }
    }

    [Theory]
    [InlineData("0", HttpStatusCode.NotFound)]
    [InlineData("2", HttpStatusCode.NotFound)]
    [InlineData("1,1", HttpStatusCode.BadRequest)]
    [InlineData("one", HttpStatusCode.BadRequest)]
    [InlineData("99999999999", HttpStatusCode.BadRequest)]
    public async Task Frames_that_are_not_there_are_refused(string frames, HttpStatusCode status)
    {
        var file = SyntheticSeries.Stack(1)[0];
        await StoreAsync([DicomWebServer.Bytes(file)]);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/{frames}");

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task A_header_that_claims_more_frames_than_there_are_is_found_out()
    {
        var file = SyntheticSeries.Stack(1, change: (_, d) => d.AddOrUpdate(DicomTag.NumberOfFrames, "500"))[0];
        await StoreAsync([DicomWebServer.Bytes(file)]);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/499");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("end before", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleted_series_are_gone_and_the_rest_stays()
    {
        var first = SyntheticSeries.Stack(2);
        var second = SyntheticSeries.Stack(2);
        await StoreAsync(first.Concat(second).Select(DicomWebServer.Bytes));

        using var deleted = await _server.Client.DeleteAsync(DicomWebServer.PathOf(first[0], 2), Stop);
        using var again = await _server.Client.DeleteAsync(DicomWebServer.PathOf(first[0], 2), Stop);
        using var gone = await _server.GetAsync(DicomWebServer.PathOf(first[0], 1));

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (deleted.StatusCode, again.StatusCode, gone.StatusCode));
        Assert.Equal(2, (await _server.GetJsonAsync($"{DicomWebServer.PathOf(second[0], 2)}/instances")).GetArrayLength());
    }

    private static byte[] Pixels(DicomFile file)
    {
        var pixels = DicomPixelData.Create(file.Dataset);
        return file.Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData) is { } element && pixels.BitsAllocated == 1
            ? element.Buffer.Data
            : Enumerable.Range(0, pixels.NumberOfFrames).SelectMany(n => pixels.GetFrame(n).Data).ToArray();
    }

    /// <summary>Several of these files carry one and the same UID, so what an earlier test stored goes first.</summary>
    private async Task StoreFileAsync(string path)
    {
        using var deleted = await _server.Client.DeleteAsync(DicomWebServer.PathOf(DicomFile.Open(path)), Stop);
        await StoreAsync([await File.ReadAllBytesAsync(path, Stop)]);
    }

    private async Task StoreAsync(IEnumerable<byte[]> files)
    {
        using var response = await _server.PostAsync(files);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Stop));
    }
}
