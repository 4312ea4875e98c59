using FellowOakDicom;
using MedSam2.Studies.Rendering;
using MedSam2.Studies.Series;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Rendering;

public sealed class FrameRendererTests
{
    [Theory]
    // The examples follow the formulas of PS3.3 C.11.2.1.2 and C.11.2.1.3.
    [InlineData(WindowFunction.Linear, new[] { -0.5f, 0, 127.5f, 254, 255, 300 }, new byte[] { 0, 0, 128, 254, 255, 255 }, 128, 256)]
    [InlineData(WindowFunction.LinearExact, new[] { -1f, 0, 50, 100, 101 }, new byte[] { 0, 0, 128, 255, 255 }, 50, 100)]
    [InlineData(WindowFunction.Sigmoid, new[] { 50f, 75, 25, 5000, -5000 }, new byte[] { 128, 187, 68, 255, 0 }, 50, 100)]
    public void Windows_follow_the_standard(WindowFunction function, float[] values, byte[] expected, double center, double width)
    {
        var grey = new byte[values.Length];

        new GreyWindow(center, width, function).Apply(values, grey);

        Assert.Equal(expected.Select(v => (int)v), grey.Select(v => (int)v), (a, b) => Math.Abs(a - b) <= 1);
    }

    [Fact]
    public void Without_a_window_all_values_are_shown()
    {
        var frame = FrameRenderer.Render(SyntheticSeries.Stack(1)[0], 0);

        Assert.Equal((6, 4, false), (frame.Width, frame.Height, frame.IsColour));
        Assert.Equal((0, 255), (frame.Pixels[0], frame.Pixels[^1]));
        Assert.Equal((byte)Math.Round(255.0 * 12 / 35), frame.Pixels[6 + 2]);
    }

    [Fact]
    public void The_header_window_is_used_and_one_given_goes_before_it()
    {
        var file = SyntheticSeries.Stack(1, change: (_, d) =>
        {
            d.Add(DicomTag.WindowCenter, "-1004");
            d.Add(DicomTag.WindowWidth, "1");
        })[0];

        Assert.Equal([0, 0, 255, 255], FrameRenderer.Render(file, 0).Pixels.Where((_, n) => n % 6 == 0));
        Assert.Equal([0, 0, 0, 255], FrameRenderer.Render(file, 0, new GreyWindow(-994, 1)).Pixels.Where((_, n) => n % 6 == 0));
    }

    [Fact]
    public void Monochrome1_is_shown_inverted()
    {
        var plain = FrameRenderer.Render(SyntheticSeries.Stack(1)[0], 0).Pixels;
        var inverted = FrameRenderer.Render(SyntheticSeries.Stack(1, change: (_, d) => d.AddOrUpdate(DicomTag.PhotometricInterpretation, "MONOCHROME1"))[0], 0).Pixels;

        Assert.Equal(plain.Select(p => 255 - p), inverted.Select(p => (int)p));
    }

    [Theory]
    // Sums over red, green and blue of all pixels, as pydicom 2.3 finds them.
    [InlineData("multiframe-colour-seg/color-pl.dcm", 0, 1251864, 1183752, 1496128, 0)]
    [InlineData("multiframe-colour-seg/color-px.dcm", 0, 1251864, 1183752, 1496128, 0)]
    [InlineData("multiframe-colour-seg/OBXXXX1A_rle.dcm", 0, 4695020, 5866509, 7356886, 0)]
    [InlineData("colour/US-YBR_FULL_422-EVRLE.dcm", 0, 6894193, 6954989, 6996151, 0.001)]
    public void Colours_are_those_of_another_reader(string name, int frame, long red, long green, long blue, double tolerance)
    {
        var rendered = FrameRenderer.Render(DicomFile.Open(SharedData.Require(["dicom-codecs", .. name.Split('/')])), frame);

        long Sum(int channel) => rendered.Pixels.Where((_, n) => n % 4 == channel).Sum(p => (long)p);
        Assert.True(rendered.IsColour);
        Assert.InRange(Sum(0), red * (1 - tolerance), red * (1 + tolerance));
        Assert.InRange(Sum(1), green * (1 - tolerance), green * (1 + tolerance));
        Assert.InRange(Sum(2), blue * (1 - tolerance), blue * (1 + tolerance));
    }

    [Fact]
    public void Frames_of_a_coloured_loop_are_drawn_one_by_one()
    {
        var file = DicomFile.Open(SharedData.Require("dicom-codecs", "encapsulated", "IM00001.implicit_little_endian.dcm"));

        var sums = Enumerable.Range(0, 8).Select(n => FrameRenderer.Render(file, n).Pixels.Where((_, k) => k % 4 == 0).Sum(p => (long)p)).ToArray();

        Assert.Equal(31424874, sums.Sum());
        Assert.Equal(SeriesFault.DamagedPixels, Assert.Throws<SeriesException>(() => FrameRenderer.Render(file, 8)).Fault);
    }

    [Fact]
    public void A_compressed_loop_is_drawn_frame_by_frame()
    {
        var file = DicomFile.Open(SharedData.Require("dicom-codecs", "multiframe-colour-seg", "OBXXXX1A_rle_2frame.dcm"));

        Assert.Equal(36924690, Enumerable.Range(0, 2).Sum(n => FrameRenderer.Render(file, n).Pixels.Where((_, k) => k % 4 == 2).Sum(p => (long)p)));
    }

    [Fact]
    public void Single_bits_are_black_and_white()
    {
        var frame = FrameRenderer.Render(DicomFile.Open(SharedData.Require("dicom-codecs", "multiframe-colour-seg", "liver_nonbyte_aligned.dcm")), 1);

        Assert.Equal([0, 255], frame.Pixels.Distinct().Order().Select(p => (int)p));
    }

    [Theory]
    [InlineData("dicom-odd")]
    [InlineData("dicom-codecs")]
    public void Every_odd_file_is_drawn_or_refused_with_a_reason(string folder)
    {
        var drawn = 0;
        foreach (var path in Directory.EnumerateFiles(SharedData.Require(folder), "*", SearchOption.AllDirectories))
        {
            DicomFile file;
            try
            {
                file = DicomFile.Open(path, FileReadOption.ReadAll);
            }
            catch (DicomException)
            {
                continue;
            }

            try
            {
                FrameRenderer.Render(file, 0);
                drawn++;
            }
            catch (SeriesException e)
            {
                Assert.True(e.Message.Length > 20, e.Message);
            }
        }

        Assert.True(drawn > 10, $"only {drawn} files were drawn");
    }
}
