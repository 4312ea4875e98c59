using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Rendering;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>Lossy codes decode to what other readers found in them, or near the picture they were made from.</summary>
public sealed class LossyCodecTests
{
    private static readonly short[] Truth = CodecFiles.Words(CodecFiles.StoredBytes(CodecFiles.Open("ct-ladder/1.2.840.10008.1.2.1.dcm").Dataset));

    [Theory]
    [InlineData("4.81", 1)]
    [InlineData("4.91", 5)]
    public void Values_are_as_near_as_the_code_is(string number, int farthest)
    {
        var decoded = CodecFiles.Words(CodecFiles.Decode(CodecFiles.Open($"ct-ladder/1.2.840.10008.1.2.{number}.dcm").Dataset));

        Assert.Equal(farthest, Truth.Zip(decoded, (a, b) => Math.Abs(a - b)).Max());
    }

    [Theory]
    // Range and sum of all values as DCMTK's dcmdjpeg finds them; the inverse transform may round otherwise.
    [InlineData("4.50", 30, 168, 25128768)]
    [InlineData("4.51", 497, 2708, 405866194)]
    [InlineData("4.53", 497, 2708, 405866194)]
    [InlineData("4.55", 497, 2708, 405866194)]
    public void Jpeg_of_8_and_12_bits_has_the_values_of_another_decoder(string number, int lowest, int highest, long sum)
    {
        var dataset = CodecFiles.Open($"ct-ladder/1.2.840.10008.1.2.{number}.dcm").Dataset;
        var bytes = CodecFiles.Decode(dataset);
        var values = dataset.GetSingleValue<ushort>(DicomTag.BitsAllocated) == 8 ? [.. bytes.Select(b => (short)b)] : CodecFiles.Words(bytes);

        Assert.InRange(values.Min(), lowest - 1, lowest + 1);
        Assert.InRange(values.Max(), highest - 1, highest + 1);
        Assert.InRange(values.Sum(v => (long)v), sum * 0.9999, sum * 1.0001);
    }

    [Fact]
    public void Jpegs_of_one_picture_agree_after_their_rescale()
    {
        static float[] Real(string number)
        {
            var dataset = CodecFiles.Open($"ct-ladder/1.2.840.10008.1.2.{number}.dcm").Dataset;
            var (slope, intercept) = (dataset.GetSingleValue<double>(DicomTag.RescaleSlope), dataset.GetSingleValue<double>(DicomTag.RescaleIntercept));
            var bytes = CodecFiles.Decode(dataset);
            return dataset.GetSingleValue<ushort>(DicomTag.BitsAllocated) == 8
                ? [.. bytes.Select(b => (float)((b * slope) + intercept))]
                : [.. CodecFiles.Words(bytes).Select(v => (float)((v * slope) + intercept))];
        }

        var (eight, twelve) = (Real("4.50"), Real("4.51"));

        Assert.Equal(twelve, Real("4.53"));
        Assert.Equal(twelve, Real("4.55"));
        // One step of eight bits is 32 units.
        Assert.InRange(eight.Zip(twelve, (a, b) => Math.Abs(a - b)).Average(), 0, 20);
        Assert.InRange(Truth.Zip(twelve, (a, b) => Math.Abs(a - 1024 - b)).Average(), 0, 20);
    }

    [Theory]
    [InlineData("encapsulated/CT0012.fragmented_no_bot_jpeg_ls.81.dcm", 0, 2)]
    [InlineData("encapsulated/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm", -1024, 16)]
    public void Frames_in_several_fragments_are_put_together(string name, int shift, int farthest)
    {
        var dataset = CodecFiles.Open(name).Dataset;
        var truth = CodecFiles.Words(CodecFiles.StoredBytes(CodecFiles.Open("encapsulated/CT0012.explicit_little_endian.dcm").Dataset));

        var decoded = CodecFiles.Words(CodecFiles.Decode(dataset)).Select(v => v + shift);

        Assert.InRange(truth.Zip(decoded, (a, b) => Math.Abs(a - b)).Max(), 0, farthest);
    }

    [Fact]
    public void Chrominance_becomes_red_green_and_blue()
    {
        var (coded, plain) = (CodecFiles.Open("encapsulated/IM00001.fragmented_no_bot_jpeg_baseline.50.dcm"), CodecFiles.Open("encapsulated/IM00001.implicit_little_endian.dcm"));

        Assert.Equal("YBR_FULL", FrameDecoder.Shared.Decode(coded.Dataset, 0).Photometric);
        foreach (var frame in new[] { 0, 7 })
        {
            var (drawn, expected) = (FrameRenderer.Render(coded, frame), FrameRenderer.Render(plain, frame));
            Assert.Equal((expected.Width, expected.Height, true), (drawn.Width, drawn.Height, drawn.IsColour));
            Assert.InRange(drawn.Pixels.Zip(expected.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, 2);
        }
    }

    [Fact]
    public void High_throughput_jpeg_2000_is_near_its_lossless_copy()
    {
        var lossless = FrameDecoder.Shared.Decode(CodecFiles.Open("multiframe-colour-seg/HTJ2KLossless_08_RGB.dcm").Dataset, 0);
        var lossy = FrameDecoder.Shared.Decode(CodecFiles.Open("multiframe-colour-seg/HTJ2K_08_RGB.dcm").Dataset, 0);

        Assert.Equal("RGB", lossless.Photometric);
        Assert.InRange(lossless.Pixels.Zip(lossy.Pixels, (a, b) => Math.Abs(a - b)).Max(), 1, 4);
    }

    [Fact]
    public void Colour_transform_of_jpeg_2000_is_undone()
    {
        var file = CodecFiles.Open("multiframe-colour-seg/US1_J2KI.dcm");

        Assert.Equal("RGB", FrameDecoder.Shared.Decode(file.Dataset, 0).Photometric);
        var drawn = FrameRenderer.Render(file, 0);
        long Sum(int channel) => drawn.Pixels.Where((_, n) => n % 4 == channel).Sum(p => (long)p);
        // As GDCM finds them.
        Assert.Equal((12425093, 10634053, 8911749), (Sum(0), Sum(1), Sum(2)));
    }
}
