using System.Net;
using FellowOakDicom;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using SkiaSharp;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

public sealed class RenderTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly DicomWebServer _server = shared.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_png_has_the_pixels_of_the_frame()
    {
        var file = await StoreAsync(SyntheticSeries.Stack(1));

        using var picture = await PictureAsync($"{DicomWebServer.PathOf(file)}/frames/1/rendered?window=-1007,30,linear-exact", "image/png");

        Assert.Equal((6, 4), (picture.Width, picture.Height));
        Assert.Equal(0, picture.GetPixel(0, 0).Red);
        Assert.Equal(255, picture.GetPixel(5, 3).Red);
        Assert.Equal(Math.Round(255 * ((12.0 - 2) / 30)), picture.GetPixel(2, 1).Red);
    }

    [Theory]
    [InlineData(null, "image/jpeg")]
    [InlineData("*/*", "image/jpeg")]
    [InlineData("image/png", "image/png")]
    [InlineData("image/webp, image/png;q=0.5", "image/png")]
    public async Task Pictures_come_in_the_type_asked_for(string? accept, string type)
    {
        var file = await StoreAsync(SyntheticSeries.Stack(1));

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/rendered", accept);

        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_viewport_is_filled_in_one_direction()
    {
        var file = await StoreAsync(SyntheticSeries.Stack(1));

        using var picture = await PictureAsync($"{DicomWebServer.PathOf(file)}/rendered?viewport=60,60", "image/png");

        Assert.Equal((60, 40), (picture.Width, picture.Height));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Thumbnails_of_a_real_series_are_small(int level)
    {
        var files = Directory.GetFiles(SharedData.Require("ct-abdomen-dicom", "ct-explicit"), "*.dcm").Select(path => DicomFile.Open(path)).ToArray();
        await StoreAsync(files);

        using var picture = await PictureAsync($"{DicomWebServer.PathOf(files[0], level)}/thumbnail", "image/jpeg");

        Assert.Equal((128, 128), (picture.Width, picture.Height));
        var pixels = Enumerable.Range(0, 128).Select(n => (int)picture.GetPixel(n, 64).Red).ToArray();
        Assert.True(pixels.Max() > 150 && pixels.Min() < 20, "the middle row shows no body");
    }

    [Fact]
    public async Task Several_frames_come_as_parts()
    {
        var file = DicomFile.Open(SharedData.Require("dicom-codecs", "encapsulated", "IM00001.implicit_little_endian.dcm"));
        await StoreAsync(file);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/frames/1,8/rendered", "multipart/related; type=\"image/png\"");

        var parts = await MultipartParts.ReadAsync(response);
        Assert.Equal(2, parts.Count);
        Assert.All(parts, part =>
        {
            using var picture = SKBitmap.Decode(part.Content);
            Assert.Equal((320, 240), (picture.Width, picture.Height));
        });
    }

    [Theory]
    [InlineData("rendered?viewport=10", 400)]
    [InlineData("rendered?viewport=0,10", 400)]
    [InlineData("rendered?viewport=99999,10", 400)]
    [InlineData("rendered?window=1", 400)]
    [InlineData("rendered?window=1,0", 400)]
    [InlineData("rendered?window=1,NaN", 400)]
    [InlineData("rendered?window=1,2,cubic", 400)]
    [InlineData("rendered?quality=200", 400)]
    [InlineData("rendered?accept=image/gif", 406)]
    [InlineData("frames/2/rendered", 404)]
    [InlineData("frames/1/rendered?window=1,2,3,4", 400)]
    public async Task Wishes_that_make_no_sense_are_refused(string path, int status)
    {
        var file = await StoreAsync(SyntheticSeries.Stack(1));

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/{path}");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains("detail", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_without_pixels_has_no_picture()
    {
        var file = await StoreAsync(SyntheticSeries.Stack(1, change: (_, d) => d.Remove(DicomTag.PixelData)));

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/thumbnail");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_syntax_without_decoder_is_422_by_name()
    {
        var bytes = await File.ReadAllBytesAsync(SharedData.Require("dicom-codecs", "ct-ladder", "1.2.840.10008.1.2.4.53.dcm"), Stop);
        "1.2.840.10008.1.2.4.59"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("1.2.840.10008.1.2.4.53"u8)));
        var file = DicomFile.Open(new MemoryStream(bytes), FileReadOption.ReadAll);
        await StoreAsync(file);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(file)}/rendered");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("1.2.840.10008.1.2.4.59", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_code_is_422_and_the_next_picture_is_drawn()
    {
        var path = SharedData.Require("dicom-codecs", "ct-ladder", "1.2.840.10008.1.2.4.90.dcm");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        // The size of a tile in the head of the JPEG 2000 code becomes impossible.
        var size = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51]);
        bytes.AsSpan(size + 24, 8).Clear();
        var damaged = DicomFile.Open(new MemoryStream(bytes), FileReadOption.ReadAll);
        damaged.Dataset.AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Generate());
        var sound = DicomFile.Open(path);
        await StoreAsync(damaged);
        await StoreAsync(sound);

        using var response = await _server.GetAsync($"{DicomWebServer.PathOf(damaged)}/rendered");
        using var picture = await PictureAsync($"{DicomWebServer.PathOf(sound)}/rendered", "image/png");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("Frame 1 in JPEG 2000", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal((512, 512), (picture.Width, picture.Height));
    }

    private async Task<SKBitmap> PictureAsync(string path, string accept)
    {
        using var response = await _server.GetAsync(path, accept);
        var content = await response.Content.ReadAsByteArrayAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, System.Text.Encoding.UTF8.GetString(content));
        return SKBitmap.Decode(content);
    }

    private async Task<DicomFile> StoreAsync(params DicomFile[] files)
    {
        using var response = await _server.PostAsync(files.Select(DicomWebServer.Bytes));
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Stop));
        return files[0];
    }
}
